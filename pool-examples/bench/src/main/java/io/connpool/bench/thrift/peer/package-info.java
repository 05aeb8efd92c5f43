/** The ways to call a Thrift server, each behind the same interface. */
@NullMarked
package io.connpool.bench.thrift.peer;

import org.jspecify.annotations.NullMarked;
