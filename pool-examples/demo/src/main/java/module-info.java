/** The demo: two servers, two pools, a load, and a kill in the middle. */
module io.connpool.demo {
  requires HdrHistogram;
  requires info.picocli;
  requires io.connpool;

  opens io.connpool.demo to
      info.picocli;
}
