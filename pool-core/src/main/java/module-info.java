import org.jspecify.annotations.NullMarked;

/**
 * Keeps connections of any kind good and lends them.
 *
 * <p>{@link io.connpool} is the pool itself; {@link io.connpool.net} has what every socket
 * transport needs; {@link io.connpool.persistent} has a connection that never gives up; by {@link
 * io.connpool.spi} transports are found that belong to the scheme of a URI; {@link io.connpool.mux}
 * is a socket that carries many requests at once; {@link io.connpool.commons} speaks the API of
 * commons-pool2, which is needed for that package only, as Micrometer is for {@link
 * io.connpool.micrometer}. Nothing is nullable unless it says so.
 */
@NullMarked
module io.connpool {
  requires static org.jspecify;
  requires static org.apache.commons.pool2;
  requires static micrometer.core;
  requires jdk.jfr;
  requires jdk.net;
  requires io.github.resilience4j.core;
  requires io.github.resilience4j.retry;

  exports io.connpool;
  exports io.connpool.commons;
  exports io.connpool.micrometer;
  exports io.connpool.mux;
  exports io.connpool.net;
  exports io.connpool.persistent;
  exports io.connpool.spi;

  uses io.connpool.spi.TransportProvider;

  provides io.connpool.spi.TransportProvider with
      io.connpool.mux.MuxProvider;
}
