package io.connpool;

import java.time.Duration;
import java.util.List;

/**
 * How long callers had to wait, however their wait ended: with a connection, a time-out or a
 * failure. Callers that found a connection ready are not in it, which is why keeping it costs them
 * nothing. Immutable.
 *
 * @param count how many waited
 * @param total the sum of their waits
 * @param max the longest wait
 * @param buckets how the waits are distributed, shortest first, without empty buckets; bounds are
 *     at most an eighth apart, between a microsecond and 18 minutes
 */
public record WaitTimes(long count, Duration total, Duration max, List<Bucket> buckets) {

  /**
   * Waits of about the same length.
   *
   * @param upTo no wait in it was longer, and all were longer than the bucket before allows
   * @param count how many there were
   */
  public record Bucket(Duration upTo, long count) {}

  /**
   * For the engine.
   *
   * @param count how many waited
   * @param total the sum of their waits
   * @param max the longest wait
   * @param buckets shortest first; copied
   */
  public WaitTimes {
    buckets = List.copyOf(buckets);
  }

  /**
   * The wait that this share of the callers did not exceed, at most an eighth too long.
   *
   * @param share between 0 and 1: 0.99 for the 99th percentile
   * @return the wait, zero if nobody waited
   * @throws IllegalArgumentException if the share is not between 0 and 1
   */
  public Duration percentile(double share) {
    if (!(share >= 0 && share <= 1)) { // NaN is neither
      throw new IllegalArgumentException("share must be between 0 and 1, but is " + share);
    }
    long inBuckets = buckets.stream().mapToLong(Bucket::count).sum();
    double left = inBuckets * share;
    for (Bucket bucket : buckets) {
      left -= bucket.count();
      if (left <= 0) {
        return bucket.upTo().compareTo(max) < 0 ? bucket.upTo() : max;
      }
    }
    return max;
  }
}
