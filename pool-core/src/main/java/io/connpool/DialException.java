package io.connpool;

import org.jspecify.annotations.Nullable;

/**
 * A dial episode failed: every attempt the policy allows did. The cause is the failure of the last
 * attempt.
 */
public final class DialException extends PoolException {
  private static final long serialVersionUID = 1L;

  /** How many attempts were made. */
  private final int attempts;

  /**
   * For the engine.
   *
   * @param message names the pool, or the endpoint, and the number of attempts
   * @param attempts how many attempts the episode made
   * @param cause the failure of the last attempt
   */
  public DialException(String message, int attempts, @Nullable Throwable cause) {
    super(message, cause);
    this.attempts = attempts;
  }

  /**
   * How many attempts were made.
   *
   * @return 1 or more
   */
  public int attempts() {
    return attempts;
  }
}
