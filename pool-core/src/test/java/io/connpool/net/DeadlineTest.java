package io.connpool.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineTest {

  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void remainingRunsDownFromTheTimeout() {
    Deadline deadline = Deadline.after(HOUR);
    Duration first = deadline.remaining();
    while (deadline.remaining().equals(first)) {
      Thread.onSpinWait();
    }
    assertTrue(first.compareTo(HOUR) <= 0, () -> "was " + first);
    assertTrue(deadline.remaining().compareTo(first) < 0);
    assertFalse(deadline.hasPassed());
  }

  @Test
  void aTimeoutOfZeroHasPassedAtOnce() {
    assertTrue(Deadline.after(Duration.ZERO).hasPassed());
  }

  @Test
  void remainingIsNeverNegative() {
    Deadline deadline = Deadline.after(Duration.ofNanos(1));
    long later = System.nanoTime() + 1_000_000;
    while (System.nanoTime() < later) {
      Thread.onSpinWait();
    }
    assertEquals(0, deadline.remainingNanos());
    assertEquals(Duration.ZERO, deadline.remaining());
    assertTrue(deadline.hasPassed());
  }

  @ParameterizedTest
  @ValueSource(
      longs = {Long.MAX_VALUE, Long.MAX_VALUE / 1_000_000_000, Long.MAX_VALUE / 1_000_000_000 + 1})
  void aTimeoutBeyondCountingLiesFarAhead(long seconds) {
    Deadline deadline = Deadline.after(Duration.ofSeconds(seconds));
    assertFalse(deadline.hasPassed());
    assertTrue(deadline.remaining().toDays() > 290 * 365, deadline::toString);
  }

  @Test
  void aNegativeTimeoutIsRejectedByName() {
    var rejected =
        assertThrows(IllegalArgumentException.class, () -> Deadline.after(Duration.ofSeconds(-2)));
    assertEquals("timeout must not be negative, was PT-2S", rejected.getMessage());
  }

  @Test
  void aDialHasTheTimeItsPoolGivesIt() {
    Deadline deadline = Deadline.of(new FixedDialContext(HOUR));
    assertTrue(deadline.remaining().compareTo(HOUR) <= 0);
    assertTrue(deadline.remaining().compareTo(HOUR.dividedBy(2)) > 0);
  }

  @Test
  void toStringTellsTheTimeLeft() {
    assertEquals("Deadline in PT0S", Deadline.after(Duration.ZERO).toString());
  }
}
