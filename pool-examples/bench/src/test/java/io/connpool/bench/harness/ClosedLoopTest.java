package io.connpool.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.harness.ClosedLoop.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A loop that believes everything is no benchmark: wrong answers and lost callers are found out.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosedLoopTest {
  private static final Duration SHORT = Duration.ofMillis(100);
  private static final Duration GRACE = Duration.ofSeconds(10);

  @Test
  void whatIsDoneIsCountedAndTimed() throws Exception {
    AtomicLong done = new AtomicLong();
    Outcome outcome = measure(2, number -> () -> parked(done.incrementAndGet()));
    assertTrue(outcome.perSecond() > 0 && outcome.perSecond() <= 10.0 * done.get());
    assertTrue(outcome.times().getMinValue() >= 900_000, () -> "" + outcome.times().getMinValue());
    assertEquals(0, outcome.failed());
    assertEquals(0, outcome.stuck());
  }

  private static long parked(long unused) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(1);
    return 0;
  }

  @Test
  void aPauseIsNoPartOfTheTime() throws Exception {
    Outcome outcome =
        measure(
            1,
            number ->
                () -> {
                  long began = System.nanoTime();
                  TimeUnit.MILLISECONDS.sleep(5);
                  return System.nanoTime() - began;
                });
    assertTrue(
        outcome.times().getValueAtPercentile(50) < 5_000_000,
        () -> "" + outcome.times().getValueAtPercentile(50));
  }

  @Test
  void aFailureIsCountedAndNotADoneOperation() throws Exception {
    Outcome outcome =
        measure(
            1,
            number ->
                () -> {
                  throw new IOException("closed");
                });
    assertEquals(0, outcome.perSecond());
    assertTrue(outcome.failed() > 0);
  }

  @Test
  void aWrongAnswerFailsTheRun() {
    String message =
        assertThrows(
                IllegalStateException.class,
                () ->
                    measure(
                        1,
                        number ->
                            () -> {
                              throw new IllegalStateException("somebody else's answer");
                            }))
            .getMessage();
    assertTrue(message.contains("somebody else's answer"), message);
  }

  @Test
  void aCallerThatCannotBeginFailsTheRun() {
    assertThrows(
        IllegalStateException.class,
        () ->
            measure(
                1,
                number -> {
                  throw new IOException("refused");
                }));
  }

  @Test
  void aCallerThatDoesNotComeBackIsStuck() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicLong doneByFirst = new AtomicLong();
    try (ClosedLoop loop =
        new ClosedLoop(
            2,
            number ->
                () -> {
                  if (number == 0 && doneByFirst.incrementAndGet() > 1) {
                    never.await();
                  }
                  return parked(0);
                },
            Duration.ofMillis(500))) {
      loop.begin(ClosedLoopTest::daemon);
      assertEquals(1, loop.measure(SHORT).stuck());
    }
    never.countDown();
  }

  @Test
  void whoRestsDoesNothingAndEachWindowCountsForItself() throws Exception {
    AtomicLong done = new AtomicLong();
    try (ClosedLoop loop =
        new ClosedLoop(3, number -> () -> parked(done.incrementAndGet()), GRACE)) {
      loop.begin(ClosedLoopTest::daemon);
      assertEquals(3, done.get(), "each has done it once");
      Outcome first = loop.measure(SHORT);
      long afterFirst = done.get();
      TimeUnit.MILLISECONDS.sleep(20);
      assertEquals(afterFirst, done.get(), "done while everybody rests");
      Outcome second = loop.measure(SHORT);
      long timed = first.times().getTotalCount() + second.times().getTotalCount();
      assertTrue(timed > 0 && timed <= done.get(), () -> timed + " of " + done);
    }
  }

  private static Outcome measure(int threads, ClosedLoop.Callers callers)
      throws InterruptedException {
    try (ClosedLoop loop = new ClosedLoop(threads, callers, GRACE)) {
      loop.begin(ClosedLoopTest::daemon);
      loop.work(SHORT);
      return loop.measure(SHORT);
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "loop");
    thread.setDaemon(true);
    return thread;
  }
}
