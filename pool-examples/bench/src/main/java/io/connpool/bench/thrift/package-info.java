/** Thrift calls: pooled, multiplexed, and over a connection of the caller's own. */
@NullMarked
package io.connpool.bench.thrift;

import org.jspecify.annotations.NullMarked;
