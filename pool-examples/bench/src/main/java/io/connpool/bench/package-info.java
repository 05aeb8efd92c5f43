/**
 * ConnPool beside its peers. {@link io.connpool.bench.Bench} is the command line; each benchmark is
 * a package of its own that uses {@link io.connpool.bench.harness}.
 */
@NullMarked
package io.connpool.bench;

import org.jspecify.annotations.NullMarked;
