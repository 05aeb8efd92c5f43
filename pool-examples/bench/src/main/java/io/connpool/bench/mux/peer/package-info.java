/** The peers: a server and a client of each, at its best settings. */
@NullMarked
package io.connpool.bench.mux.peer;

import org.jspecify.annotations.NullMarked;
