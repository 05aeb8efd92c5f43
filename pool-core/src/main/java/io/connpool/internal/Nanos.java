package io.connpool.internal;

import java.time.Duration;

/** Durations as the engine counts them. */
final class Nanos {
  /** Half of the range of nanoTime: sums of a time and this never overflow into the past. */
  static final long FOREVER = Long.MAX_VALUE / 2;

  private Nanos() {}

  /** In nanoseconds; what is longer than 146 years counts as {@link #FOREVER}. */
  static long of(Duration duration) {
    return duration.compareTo(Duration.ofNanos(FOREVER)) >= 0 ? FOREVER : duration.toNanos();
  }

  /** As {@link #of}, where zero means never. */
  static long orForever(Duration duration) {
    return duration.isZero() ? FOREVER : of(duration);
  }

  static String text(long nanos) {
    if (nanos >= 1_000_000_000L) {
      return Math.rint(nanos / 1e6) / 1e3 + " s";
    }
    return Math.rint(nanos / 1e3) / 1e3 + " ms";
  }
}
