/** Pooled exchanges over TCP beside a socket of one's own and the pools people build. */
@NullMarked
package io.connpool.bench.tcp;

import org.jspecify.annotations.NullMarked;
