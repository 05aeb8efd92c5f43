/**
 * How fast pools lend and take back. {@link io.connpool.bench.acquire.Run} does it; {@link
 * io.connpool.bench.acquire.AcquireRows} is the list of what is compared.
 */
@NullMarked
package io.connpool.bench.acquire;

import org.jspecify.annotations.NullMarked;
