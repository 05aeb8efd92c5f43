package io.connpool.tcp;

import java.time.Duration;

/**
 * When an exchange may be tried again, each time on a connection dialed for it. Immutable.
 *
 * <p>gtcp's {@code Retry}, repaired: the budget belongs to one exchange and is not used up for the
 * next; a request of which a byte was written is never written again, unless it is idempotent; a
 * request of whose answer a byte was read, or that ran into its deadline, is never tried again at
 * all. All tries and pauses are within the exchange's one deadline.
 *
 * @param maxRetries tries after the first, 0 or more
 * @param pause before each further try; none before a stale connection is replaced, because the
 *     server is likely there
 */
public record IoRetry(int maxRetries, Duration pause) {

  /** A stale connection is replaced, once; every other failure is told. */
  public static final IoRetry NONE = new IoRetry(0, Duration.ZERO);

  /**
   * A budget.
   *
   * @param maxRetries 0 or more
   * @param pause zero or more
   * @throws IllegalArgumentException if either is negative
   */
  public IoRetry {
    if (maxRetries < 0) {
      throw new IllegalArgumentException("maxRetries must be 0 or more, but is " + maxRetries);
    }
    if (pause.isNegative()) {
      throw new IllegalArgumentException("pause must not be negative, but is " + pause);
    }
  }

  /** Tries after the first; a stale connection is replaced in any case. */
  int budget(boolean stale) {
    return stale ? Math.max(1, maxRetries) : maxRetries;
  }
}
