package io.connpool.bench.acquire;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;

/**
 * What the threads of a run report: each counts on a cache line of its own, and nobody waits for
 * anybody.
 */
final class Tally {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

  /** Two digits: buckets of one per cent. */
  private static final int DIGITS = 2;

  /** Thousands of virtual threads share these; as many histograms would not stay in any cache. */
  private static final int SHARED_HISTOGRAMS = 16;

  private static final int STRIDE = 16;
  private static final int HELD = 1;
  private static final int HOLDS = 2;

  private final int threads;
  private final AtomicLongArray counts;
  private final AbstractHistogram[] waits;

  Tally(int threads, boolean virtual) {
    this.threads = threads;
    counts = new AtomicLongArray(threads * STRIDE);
    waits = new AbstractHistogram[virtual ? Math.min(threads, SHARED_HISTOGRAMS) : threads];
    for (int i = 0; i < waits.length; i++) {
      waits[i] = virtual ? new AtomicHistogram(LONGEST, DIGITS) : new Histogram(LONGEST, DIGITS);
    }
  }

  // Each of these three is called by the thread itself only.

  /** Publishes how many operations a thread has done since it began. */
  void done(int thread, long operations) {
    counts.setOpaque(thread * STRIDE, operations);
  }

  /** Records how long a thread held an object. */
  void held(int thread, long nanos) {
    int base = thread * STRIDE;
    counts.setOpaque(base + HELD, counts.getOpaque(base + HELD) + nanos);
    counts.setOpaque(base + HOLDS, counts.getOpaque(base + HOLDS) + 1);
  }

  /** Records how long a thread waited for an object. */
  void waited(int thread, long nanos) {
    waits[thread % waits.length].recordValue(Math.min(LONGEST, Math.max(0, nanos)));
  }

  /** Where all threads are by now. */
  Sums sums() {
    return new Sums(sum(0), sum(HELD), sum(HOLDS));
  }

  private long sum(int offset) {
    long sum = 0;
    for (int thread = 0; thread < threads; thread++) {
      sum += counts.getOpaque(thread * STRIDE + offset);
    }
    return sum;
  }

  /** How many threads have done at least one operation. */
  int served() {
    int served = 0;
    for (int thread = 0; thread < threads; thread++) {
      if (counts.getOpaque(thread * STRIDE) > 0) {
        served++;
      }
    }
    return served;
  }

  /** All waits; to be asked when the threads have ended. */
  Histogram waits() {
    Histogram all = new Histogram(LONGEST, DIGITS);
    for (AbstractHistogram some : waits) {
      all.add(some);
    }
    return all;
  }

  /**
   * All threads together, since they began.
   *
   * @param operations that were done
   * @param heldNanos the time of all holds that were timed
   * @param holds how many were timed
   */
  record Sums(long operations, long heldNanos, long holds) {

    Sums since(Sums earlier) {
      return new Sums(
          operations - earlier.operations, heldNanos - earlier.heldNanos, holds - earlier.holds);
    }

    /** In nanoseconds, 0 if none was timed. */
    double meanHold() {
      return holds == 0 ? 0 : (double) heldNanos / holds;
    }
  }
}
