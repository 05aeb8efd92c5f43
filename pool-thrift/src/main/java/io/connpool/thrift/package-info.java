/**
 * Apache Thrift clients from a {@link io.connpool.ConnPool}: a {@link
 * io.connpool.thrift.ThriftPool} gives a thread-safe client for a service interface, as the
 * compiler generated it, and judges the health of each connection by what has passed over its wire.
 */
@NullMarked
package io.connpool.thrift;

import org.jspecify.annotations.NullMarked;
