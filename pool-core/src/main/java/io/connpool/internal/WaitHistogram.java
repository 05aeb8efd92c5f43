package io.connpool.internal;

import io.connpool.WaitTimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts waits by their length: each doubling of the length has eight buckets, so a percentile is
 * right to an eighth from a microsecond to 18 minutes, in two kilobytes.
 */
final class WaitHistogram {
  /** 2^10 ns are a microsecond: shorter waits, of which a clock tells little, are one bucket. */
  private static final int SHORTEST_BITS = 10;

  /** 2^40 ns are 18 minutes: all longer waits are one bucket. */
  private static final int LONGEST_BITS = 40;

  private static final int FINENESS_BITS = 3;
  private static final int FINENESS = 1 << FINENESS_BITS;
  private static final int BUCKETS = 2 + (LONGEST_BITS - SHORTEST_BITS) * FINENESS;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
  private final LongAdder total = new LongAdder();
  private final LongAccumulator max = new LongAccumulator(Math::max, 0);

  void add(long nanos) {
    counts.incrementAndGet(bucketOf(nanos));
    total.add(nanos);
    max.accumulate(nanos);
  }

  static int bucketOf(long nanos) {
    if (nanos < 1L << SHORTEST_BITS) {
      return 0;
    }
    int bits = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    if (bits >= LONGEST_BITS) {
      return BUCKETS - 1;
    }
    int within = (int) (nanos >>> (bits - FINENESS_BITS)) & (FINENESS - 1);
    return 1 + (bits - SHORTEST_BITS) * FINENESS + within;
  }

  /** The longest wait that belongs into this bucket. */
  static long upperBound(int bucket) {
    if (bucket == BUCKETS - 1) {
      return Long.MAX_VALUE;
    }
    int bits = SHORTEST_BITS + (bucket / FINENESS);
    long width = 1L << (bits - FINENESS_BITS);
    return (1L << bits) + (bucket % FINENESS) * width - 1;
  }

  WaitTimes toWaitTimes() {
    List<WaitTimes.Bucket> buckets = new ArrayList<>();
    long count = 0;
    for (int i = 0; i < BUCKETS; i++) {
      long inBucket = counts.get(i);
      if (inBucket > 0) {
        buckets.add(new WaitTimes.Bucket(Duration.ofNanos(upperBound(i)), inBucket));
        count += inBucket;
      }
    }
    return new WaitTimes(
        count, Duration.ofNanos(total.sum()), Duration.ofNanos(max.get()), buckets);
  }
}
