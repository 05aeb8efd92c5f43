/** Uses ConnPool from a module of its own, and has a transport that is found by its scheme. */
module io.connpool.consumer {
  requires io.connpool;

  provides io.connpool.spi.TransportProvider with
      io.connpool.consumer.ThingProvider;
}
