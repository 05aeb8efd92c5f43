package io.connpool.bench.acquire;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Finds waits that pile up at a fixed quantum: the mark of a pool that polls, or that waits for a
 * wake-up that was lost.
 *
 * <p>There is a shelf at a quantum if, of three adjoining ranges of waits, each ending 15 % above
 * its begin, the middle one, which begins just before the quantum, has more than twice as many as
 * each of its neighbours. Timers end within a few per cent; what comes from queueing is spread over
 * much wider ranges, in which neighbours are alike.
 */
final class Shelves {
  private static final List<Long> QUANTA =
      Stream.of(1, 10, 100).map(TimeUnit.MILLISECONDS::toNanos).toList();

  /** A wait of a quantum ends when its thread runs again, so later rather than earlier. */
  private static final double BEGIN = 0.98;

  private static final double WIDTH = 1.15;

  /** Fewer are chance. */
  private static final long FEWEST = 20;

  private Shelves() {}

  /** The quanta in nanoseconds at which there is a shelf. */
  static List<Long> in(Histogram waits) {
    return QUANTA.stream().filter(quantum -> isShelf(waits, quantum)).toList();
  }

  /** The same, for people. */
  static String summary(Histogram waits) {
    List<Long> shelves = in(waits);
    return shelves.isEmpty()
        ? "none"
        : shelves.stream().map(Shelves::text).collect(Collectors.joining(", "));
  }

  private static boolean isShelf(Histogram waits, long quantum) {
    double begin = quantum * BEGIN;
    long below = count(waits, Math.round(begin / WIDTH), Math.round(begin));
    long shelf = count(waits, Math.round(begin), Math.round(begin * WIDTH));
    long above = count(waits, Math.round(begin * WIDTH), Math.round(begin * WIDTH * WIDTH));
    return shelf >= FEWEST && shelf > 2 * below && shelf > 2 * above;
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
