package io.connpool.bench.mux;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;

/** What callers report: each counts on a cache line of its own. */
final class Tally {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

  /** Two digits: buckets of one per cent. */
  private static final int DIGITS = 2;

  private static final int STRIDE = 16;

  /** Thousands share these: one would be fought over, thousands would not stay in any cache. */
  private static final int HISTOGRAMS = 16;

  private final AtomicLongArray counts;
  private final AtomicHistogram[] times = new AtomicHistogram[HISTOGRAMS];
  private final LongAdder failed = new LongAdder();

  Tally(int callers) {
    counts = new AtomicLongArray(callers * STRIDE);
    for (int i = 0; i < HISTOGRAMS; i++) {
      times[i] = new AtomicHistogram(LONGEST, DIGITS);
    }
  }

  /** One more call of this caller has ended well; called by one thread at a time. */
  void done(int caller) {
    int place = caller * STRIDE;
    counts.setOpaque(place, counts.getOpaque(place) + 1);
  }

  void took(int caller, long nanos) {
    times[caller % HISTOGRAMS].recordValue(Math.min(LONGEST, Math.max(0, nanos)));
  }

  void failed() {
    failed.increment();
  }

  long countDone() {
    long sum = 0;
    for (int place = 0; place < counts.length(); place += STRIDE) {
      sum += counts.getOpaque(place);
    }
    return sum;
  }

  long countFailed() {
    return failed.sum();
  }

  /** All times; to be asked when the callers have ended. */
  Histogram times() {
    Histogram all = new Histogram(LONGEST, DIGITS);
    for (AtomicHistogram some : times) {
      all.add(some);
    }
    return all;
  }
}
