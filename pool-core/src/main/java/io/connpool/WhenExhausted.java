package io.connpool;

/** What an acquire does when {@code maxActive} connections exist and all of them are out. */
public enum WhenExhausted {
  /** Wait for a release, up to the acquire timeout. */
  WAIT,
  /**
   * Dial beyond {@code maxActive}, up to {@code hardMax}; take a released connection if that comes
   * first. The surplus is closed as it comes back. At {@code hardMax} the acquire fails with {@link
   * PoolExhaustedException}.
   */
  OVERFLOW,
  /** Fail at once with {@link PoolExhaustedException}. */
  FAIL
}
