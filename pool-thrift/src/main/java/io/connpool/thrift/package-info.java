/**
 * Apache Thrift clients from a {@link io.connpool.ConnPool}: a {@link
 * io.connpool.thrift.ThriftPool} gives a thread-safe client for a service interface, as the
 * compiler generated it, and judges the health of each connection by what has passed over its wire.
 *
 * <p>Two ways to a server, with the same clients: a pool of exclusive connections, to any Thrift
 * server; or, {@linkplain io.connpool.thrift.ThriftPoolBuilder#over over a mux}, thousands of calls
 * at once over one socket, to a {@link io.connpool.thrift.ThriftMuxServer}.
 */
@NullMarked
package io.connpool.thrift;

import org.jspecify.annotations.NullMarked;
