package io.connpool.bench.acquire;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Finds waits that pile up at a fixed quantum: the mark of a pool that polls, or that waits for a
 * wake-up that was lost.
 *
 * <p>There is a shelf at a quantum if, of three ranges of equal width on a logarithmic scale, the
 * middle one, which begins just before the quantum, has more than twice as many waits as the one
 * below and the one above it. A distribution without shelves falls in its tail, so the range below
 * has more. Where the median itself is as long as that, it is the bulk and no shelf.
 */
final class Shelves {
  private static final long[] QUANTA = {
    TimeUnit.MILLISECONDS.toNanos(1),
    TimeUnit.MILLISECONDS.toNanos(10),
    TimeUnit.MILLISECONDS.toNanos(100)
  };

  /** A wait of a quantum ends when its thread runs again, so later rather than earlier. */
  private static final double BEGIN = 0.95;

  private static final double WIDTH = 1.3;

  /** Fewer are chance. */
  private static final long FEWEST = 20;

  private Shelves() {}

  /** The quanta with a shelf, as text. */
  static List<String> in(Histogram waits) {
    List<String> shelves = new ArrayList<>();
    for (long quantum : QUANTA) {
      long begin = Math.round(quantum * BEGIN);
      long lower = Math.round(begin / WIDTH);
      long end = Math.round(begin * WIDTH);
      long shelf = count(waits, begin, end);
      long below = count(waits, lower, begin);
      long above = count(waits, end, Math.round(end * WIDTH));
      boolean tail = waits.getValueAtPercentile(50) < lower;
      if (tail && shelf >= FEWEST && shelf > 2 * below && shelf > 2 * above) {
        shelves.add(text(quantum));
      }
    }
    return shelves;
  }

  /** How many waits were at least as long as one and shorter than the other, in nanoseconds. */
  static long count(Histogram waits, long from, long to) {
    return waits.getCountBetweenValues(from, to - 1);
  }

  /** A duration in a few characters. */
  static String text(long nanos) {
    return nanos < 1_000_000 ? trimmed(nanos / 1e3) + " us" : trimmed(nanos / 1e6) + " ms";
  }

  private static String trimmed(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : "%.1f".formatted(value);
  }
}
