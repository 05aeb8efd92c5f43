/** The demo: three servers, three pools, a load, and what happens to servers. */
module io.connpool.demo {
  requires HdrHistogram;
  requires info.picocli;
  requires io.connpool;
  requires io.connpool.thrift;
  requires jdk.httpserver;
  requires org.slf4j;

  // the pool calls the generated client
  exports io.connpool.examples.gen;

  opens io.connpool.demo to
      info.picocli;
}
