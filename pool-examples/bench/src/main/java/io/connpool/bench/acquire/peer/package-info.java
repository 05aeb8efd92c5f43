/**
 * The pools that are compared, each behind {@link io.connpool.bench.acquire.peer.Peer} with the
 * settings that are fair to it.
 */
@NullMarked
package io.connpool.bench.acquire.peer;

import org.jspecify.annotations.NullMarked;
