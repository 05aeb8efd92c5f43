package io.connpool.net;

import io.connpool.DialContext;
import java.time.Duration;

/**
 * The moment by which something must be over. A timeout starts again with every step it is handed
 * to; a deadline is made once and handed through all of them. Immutable; no method waits.
 *
 * <p>Measured on {@link System#nanoTime()}, so that setting the wall clock changes nothing. Means
 * nothing in another process.
 */
public final class Deadline {

  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private final long nanoTime;

  private Deadline(long nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * The moment that lies this far ahead.
   *
   * @param timeout zero (already passed) or more; beyond 292 years, the range of the clock, it
   *     counts as 292 years
   * @return the deadline
   * @throws IllegalArgumentException if the timeout is negative
   */
  public static Deadline after(Duration timeout) {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout must not be negative, was " + timeout);
    }
    return new Deadline(System.nanoTime() + saturatedNanos(timeout));
  }

  /**
   * The moment by which a dial must be over.
   *
   * @param context what the pool told the dial
   * @return the deadline, {@link DialContext#remaining()} from now
   */
  public static Deadline of(DialContext context) {
    return after(context.remaining());
  }

  /** The moment itself, on {@link System#nanoTime()}. */
  long nanoTime() {
    return nanoTime;
  }

  private static long saturatedNanos(Duration timeout) {
    return timeout.compareTo(LONGEST) < 0 ? timeout.toNanos() : Long.MAX_VALUE;
  }

  /**
   * The time left.
   *
   * @return zero or more
   */
  public Duration remaining() {
    return Duration.ofNanos(remainingNanos());
  }

  /**
   * The time left, in nanoseconds.
   *
   * @return zero or more
   */
  public long remainingNanos() {
    return Math.max(0, nanoTime - System.nanoTime());
  }

  /**
   * Whether no time is left.
   *
   * @return true from the moment itself on
   */
  public boolean hasPassed() {
    return remainingNanos() == 0;
  }

  /** For messages: the time left. */
  @Override
  public String toString() {
    return "Deadline in " + remaining();
  }
}
