package io.connpool.tcp;

import java.time.Duration;

/**
 * How much of what is left in a connection may be read and thrown away when it is released, instead
 * of closing it. Worth it only where a dial is expensive.
 *
 * <p>Only silence shows that it was all, so the release of a connection with something left in it
 * takes a millisecond, and as long as maxTime if the peer goes on sending. A connection of which an
 * answer is still owed is closed all the same: that may come later.
 *
 * @param maxBytes 1 or more
 * @param maxTime more than zero; how long a peer that keeps sending is listened to
 */
public record Drain(int maxBytes, Duration maxTime) {

  /** How long nothing must come. */
  static final Duration QUIET = Duration.ofMillis(1);

  /**
   * A bound.
   *
   * @param maxBytes 1 or more
   * @param maxTime more than zero
   * @throws IllegalArgumentException if either is not
   */
  public Drain {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes must be 1 or more, but is " + maxBytes);
    }
    if (maxTime.isNegative() || maxTime.isZero()) {
      throw new IllegalArgumentException("maxTime must be more than zero, but is " + maxTime);
    }
  }
}
