/** The ways to exchange messages with a server, each behind {@link Peer}, and that server. */
@NullMarked
package io.connpool.bench.tcp.peer;

import org.jspecify.annotations.NullMarked;
