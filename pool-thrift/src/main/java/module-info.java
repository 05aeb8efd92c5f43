import org.jspecify.annotations.NullMarked;

/**
 * Pooled Apache Thrift clients: {@link io.connpool.thrift}.
 *
 * <p>Nothing is nullable unless it says so.
 */
@NullMarked
module io.connpool.thrift {
  requires static org.jspecify;
  requires transitive io.connpool;
  requires transitive org.apache.thrift;

  exports io.connpool.thrift;

  provides io.connpool.spi.TransportProvider with
      io.connpool.thrift.ThriftProvider;
}
