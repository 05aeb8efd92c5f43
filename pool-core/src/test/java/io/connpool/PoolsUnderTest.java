package io.connpool;

import io.connpool.internal.Environment;

/** The test kit's door to the one builder method that is not public. */
public final class PoolsUnderTest {
  private PoolsUnderTest() {}

  /**
   * Builds a pool that lives in a world of the test's.
   *
   * @param builder the settings
   * @param environment the world
   * @param <C> the type of the connections
   * @return the pool
   */
  public static <C> ConnPool<C> build(PoolBuilder<C> builder, Environment environment) {
    return builder.build(environment);
  }
}
