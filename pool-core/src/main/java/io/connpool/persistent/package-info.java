/**
 * One connection that never gives up: {@link io.connpool.persistent.PersistentConnection} dials,
 * notices when the connection is lost, and dials again with pauses, for as long as it is open. For
 * peers to which there is exactly one link, such as a feed or a device; for everything else a
 * {@link io.connpool.ConnPool} serves better.
 */
@NullMarked
package io.connpool.persistent;

import org.jspecify.annotations.NullMarked;
