/**
 * TCP connections for a {@link io.connpool.ConnPool}, for protocols of one's own.
 *
 * <pre>{@code
 * try (TcpPool orders =
 *     TcpPool.to(Endpoint.parse("orders.example:7000"))
 *         .framing(Framing.lengthPrefixed())
 *         .timeout(Duration.ofSeconds(1))
 *         .build()) {
 *   ByteBuffer answer = orders.exchange(request);
 * }
 * }</pre>
 *
 * <p>A {@link io.connpool.tcp.TcpPool} keeps {@link io.connpool.tcp.TcpConn}s good; a {@link
 * io.connpool.tcp.Framing} cuts messages out of the stream. What is left in a connection, or may
 * still arrive in it, is never seen by its next user.
 */
@NullMarked
package io.connpool.tcp;

import org.jspecify.annotations.NullMarked;
