/**
 * Pooled TCP connections.
 *
 * <p>The module's name and place are settled; its classes arrive with its own release, and with
 * them the exported package.
 */
module io.connpool.tcp {
  requires transitive io.connpool;
}
