/**
 * Transports that are found by the scheme of a URI.
 *
 * <p>Whoever writes a {@link io.connpool.Transport} for others offers it through a {@link
 * io.connpool.spi.TransportProvider}; users then need no class of his:
 *
 * <pre>{@code
 * ConnPool<SocketChannel> pool =
 *     ConnPool.open(URI.create("tcp://orders.example:7000?maxActive=64"), SocketChannel.class);
 * }</pre>
 *
 * <p>{@link io.connpool.spi.TransportUri} is such a URI taken apart. Nothing in it is ignored: what
 * neither the provider nor the pool has asked for is an error that lists what there is. Secrets are
 * never printed: user info, and options whose name has secret, password, passphrase or token in it,
 * are masked in whatever this package writes.
 *
 * <p>{@code docs/writing-a-transport.md} tells how to write and test one.
 */
@NullMarked
package io.connpool.spi;

import org.jspecify.annotations.NullMarked;
