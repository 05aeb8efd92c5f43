/**
 * Pooled Apache Thrift clients.
 *
 * <p>The module's name and place are settled; its classes arrive with its own release, and with
 * them the exported package and the dependency on libthrift.
 */
module io.connpool.thrift {
  requires transitive io.connpool;
}
