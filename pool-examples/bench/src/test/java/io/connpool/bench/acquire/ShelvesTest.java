package io.connpool.bench.acquire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShelvesTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final Random random = new Random(7);
  private final Histogram waits = new Histogram(TimeUnit.MINUTES.toNanos(2), 2);

  @ParameterizedTest
  @ValueSource(longs = {1, 10, 100})
  void waitsThatEndWithATimerAreAShelf(long millis) {
    exponential(100_000, MILLI / 10);
    for (int i = 0; i < 50; i++) { // 0.05 per cent, each up to 5 per cent late
      waits.recordValue(millis * MILLI + random.nextLong(millis * MILLI / 20));
    }
    assertEquals(List.of(millis * MILLI), Shelves.in(waits));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 10, 30})
  void queueingIsNoShelfWhateverItsMean(long millis) {
    exponential(100_000, millis * MILLI);
    assertEquals(List.of(), Shelves.in(waits));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 10})
  void aQueueThatIsAlwaysAboutAsLongIsNoShelfWhereItsWaitsAreTypical(long millis) {
    exponential(100_000, MILLI / 10);
    for (int i = 0; i < 20_000; i++) { // 16 holds of varying length one after the other
      double sum = 0;
      for (int hold = 0; hold < 16; hold++) {
        sum -= Math.log(1 - random.nextDouble());
      }
      waits.recordValue((long) (sum / 16 * millis * MILLI));
    }
    assertEquals(List.of(), Shelves.in(waits));
  }

  @Test
  void aHandfulOfWaitsIsChance() {
    exponential(100_000, MILLI / 10);
    for (int i = 0; i < 10; i++) {
      waits.recordValue(100 * MILLI);
    }
    assertEquals("none", Shelves.summary(waits));
  }

  @Test
  void shelvesAreNamedByTheirQuantum() {
    for (int i = 0; i < 100; i++) {
      waits.recordValue(MILLI);
      waits.recordValue(100 * MILLI);
    }
    assertEquals("1 ms, 100 ms", Shelves.summary(waits));
  }

  private void exponential(int count, double mean) {
    for (int i = 0; i < count; i++) {
      waits.recordValue((long) (-Math.log(1 - random.nextDouble()) * mean));
    }
  }
}
