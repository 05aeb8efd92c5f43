/**
 * What every transport over sockets needs, whatever it speaks. An {@link io.connpool.net.Endpoint}
 * says where the peer is, a {@link io.connpool.net.Dialer} opens a channel to it before a {@link
 * io.connpool.net.Deadline}, and a {@link io.connpool.net.Probe} looks whether a parked channel is
 * still good. A {@link io.connpool.net.Wire} is such a channel as a stream of bytes that can be cut
 * at a deadline by a {@link io.connpool.net.Fuse}; {@link io.connpool.net.Tls} encrypts it. A
 * {@link io.connpool.net.DnsWatch} notices that a name leads elsewhere.
 *
 * <pre>{@code
 * Dialer dialer = Dialer.to(Endpoint.parse("orders.example:7000"));
 * ConnPool<SocketChannel> pool = ConnPool.builder(dialer::connect).probe(Probe::check).build();
 * }</pre>
 *
 * <p>Nothing here knows a pool; only {@link io.connpool.DialContext}, {@link
 * io.connpool.ConnSignals} and {@link io.connpool.Health} are shared with it.
 */
@NullMarked
package io.connpool.net;

import org.jspecify.annotations.NullMarked;
