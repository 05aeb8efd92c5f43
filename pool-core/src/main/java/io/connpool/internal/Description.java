package io.connpool.internal;

import io.connpool.PoolConfig;
import java.util.function.UnaryOperator;

/**
 * What a pool was told to be, and how to derive something else from it: the builder's side of
 * {@link io.connpool.ConnPool#reconfigure}. Immutable.
 *
 * @param <B> the builder
 */
public interface Description<B> {
  /**
   * The settings this comes to.
   *
   * @return defaults filled in, contradictions resolved
   */
  PoolConfig config();

  /**
   * Another description.
   *
   * @param change what to change; user code
   * @return the result
   * @throws IllegalArgumentException if it makes no sense, or changes what a running pool cannot
   */
  Description<B> changed(UnaryOperator<B> change);
}
