/** The demo: two servers, two pools, a load, and a kill in the middle. */
module io.connpool.demo {
  requires HdrHistogram;
  requires info.picocli;
  requires io.connpool;
  requires io.connpool.thrift;
  requires org.slf4j;

  // the pool calls the generated client
  exports io.connpool.examples.gen;

  opens io.connpool.demo to
      info.picocli;
}
