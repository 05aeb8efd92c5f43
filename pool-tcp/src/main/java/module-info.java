import org.jspecify.annotations.NullMarked;

/** Pooled TCP connections: framing, health checks, one deadline, stale connections replaced. */
@NullMarked
module io.connpool.tcp {
  requires transitive io.connpool;
  requires static org.jspecify;

  exports io.connpool.tcp;

  provides io.connpool.spi.TransportProvider with
      io.connpool.tcp.TcpProvider;
}
