/** How many requests one connection carries: ConnPool's multiplexed socket beside its peers. */
@NullMarked
package io.connpool.bench.mux;

import org.jspecify.annotations.NullMarked;
