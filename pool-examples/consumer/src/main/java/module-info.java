/** Uses ConnPool from a module of its own, and has a transport that is found by its scheme. */
module io.connpool.consumer {
  requires io.connpool;
  requires io.connpool.redis;
  requires io.connpool.tcp;
  requires io.connpool.thrift;
  requires jdk.jfr;
  requires micrometer.core;

  provides io.connpool.spi.TransportProvider with
      io.connpool.consumer.ThingProvider;
}
