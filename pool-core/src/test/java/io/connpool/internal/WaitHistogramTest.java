package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.WaitTimes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WaitHistogramTest {
  private final WaitHistogram histogram = new WaitHistogram();

  @Test
  void everyLengthIsInTheBucketWhoseBoundsEncloseIt() {
    for (int bits = 0; bits < Long.SIZE - 1; bits++) {
      for (long near = -1; near <= 1; near++) {
        long nanos = Math.max(0, (1L << bits) + near);
        int bucket = WaitHistogram.bucketOf(nanos);
        assertTrue(nanos <= WaitHistogram.upperBound(bucket), () -> nanos + " in " + bucket);
        assertTrue(
            bucket == 0 || nanos > WaitHistogram.upperBound(bucket - 1),
            () -> nanos + " in " + bucket);
      }
    }
  }

  @Test
  void percentilesAreAtMostAnEighthTooLongAndNeverTooShort() {
    Random random = new Random(7);
    long[] waits = new long[10_000];
    for (int i = 0; i < waits.length; i++) {
      waits[i] = (long) Math.exp(random.nextDouble() * 20 + 7); // 1 us to 9 minutes
      histogram.add(waits[i]);
    }
    Arrays.sort(waits);
    WaitTimes times = histogram.toWaitTimes();
    for (double share : new double[] {0.01, 0.5, 0.9, 0.99, 0.9999, 1}) {
      long exact = waits[(int) Math.ceil(share * waits.length) - 1];
      long told = times.percentile(share).toNanos();
      assertTrue(told >= exact && told <= exact * 9 / 8, () -> share + ": " + told + " " + exact);
    }
    assertEquals(waits.length, times.count());
    assertEquals(Arrays.stream(waits).sum(), times.total().toNanos());
    assertEquals(waits[waits.length - 1], times.max().toNanos());
    assertTrue(times.buckets().stream().allMatch(bucket -> bucket.count() > 0));
  }

  @Test
  void nobodyHasWaitedYet() {
    WaitTimes times = histogram.toWaitTimes();
    assertEquals(Duration.ZERO, times.percentile(0.99));
    assertEquals(Duration.ZERO, times.max());
    assertEquals(0, times.count());
  }

  @Test
  void aShareThatIsNoneIsRejected() {
    for (double share : new double[] {-0.1, 1.1, Double.NaN}) {
      var rejected =
          assertThrows(
              IllegalArgumentException.class, () -> histogram.toWaitTimes().percentile(share));
      assertTrue(rejected.getMessage().contains("" + share), rejected::getMessage);
    }
  }
}
