package io.connpool.internal;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import io.connpool.threads.VirtualThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Virtual threads that wait have deadlines as all others have, and one timer for all. */
@Timeout(60)
class AlarmTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LATER = Duration.ofMillis(80);
  private static final Duration NANO = Duration.ofNanos(1);

  @RegisterExtension private final PoolWorld world = PoolWorld.exclusive();
  private ConnPool<FakeConn> pool;
  private Lease<FakeConn> held;
  private int timersBefore;

  @BeforeEach
  void theOnlyConnectionIsOut() throws Exception {
    assumeTrue(VirtualThreads.EXIST, "this JVM has no virtual threads");
    pool = world.pool(b -> b.maxActive(1));
    held = pool.acquire();
    world.clock().advance(NANO); // the limit of the dial is cancelled by then
    timersBefore = world.clock().pendingTimers();
  }

  @Test
  void aHundredOfThemSetOneTimer() throws Exception {
    List<CompletableFuture<Lease<FakeConn>>> all = waiters(100, SOON);
    assertEquals(timersBefore + 1, world.clock().pendingTimers());
    world.clock().advance(SOON.minus(NANO));
    assertEquals(100, pool.stats().pending());
    world.clock().advance(NANO);
    all.forEach(AlarmTest::assertTimedOut);
    assertEquals(100, pool.stats().timeouts());
    assertEquals(timersBefore, world.clock().pendingTimers());
  }

  @Test
  void whoeverHasLessTimeThanThoseBeforeHimIsWokenInTime() throws Exception {
    List<CompletableFuture<Lease<FakeConn>>> patient = waiters(2, LATER);
    List<CompletableFuture<Lease<FakeConn>>> hasty = waiters(2, SOON);
    assertEquals(timersBefore + 1, world.clock().pendingTimers());
    world.clock().advance(SOON);
    hasty.forEach(AlarmTest::assertTimedOut);
    assertEquals(2, pool.stats().pending());
    world.clock().advance(LATER.minus(SOON));
    patient.forEach(AlarmTest::assertTimedOut);
  }

  @Test
  void whoeverCameLaterThanTheOneTheTimerWasSetForIsWokenToo() throws Exception {
    List<CompletableFuture<Lease<FakeConn>>> first = waiters(1, SOON);
    world.clock().advance(NANO);
    List<CompletableFuture<Lease<FakeConn>>> second = waiters(1, SOON);
    held.close();
    held = first.get(0).get(20, TimeUnit.SECONDS);
    world.clock().advance(SOON.minus(NANO)); // the timer rings for the first, who has left
    assertEquals(1, pool.stats().pending());
    world.clock().advance(NANO);
    second.forEach(AlarmTest::assertTimedOut);
  }

  /** The clock of the machine, whose wake-ups come when they come. */
  @Test
  void inRealTimeEverybodyTimesOutAndNobodyEarly() throws Exception {
    try (ConnPool<AutoCloseable> real =
        ConnPool.<AutoCloseable>builder(context -> () -> {}).maxActive(1).build()) {
      Lease<AutoCloseable> only = real.acquire();
      List<CompletableFuture<Long>> tooEarly = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Duration limit = Duration.ofMillis(1 + i * 7 % 50);
        tooEarly.add(
            virtually(
                () -> {
                  long begun = System.nanoTime();
                  assertThrows(AcquireTimeoutException.class, () -> real.acquire(limit));
                  return limit.toNanos() - (System.nanoTime() - begun);
                }));
      }
      for (CompletableFuture<Long> each : tooEarly) {
        assertTrue(each.get(20, TimeUnit.SECONDS) <= 0);
      }
      only.close();
    }
  }

  private List<CompletableFuture<Lease<FakeConn>>> waiters(int count, Duration limit) {
    int before = pool.stats().pending();
    List<CompletableFuture<Lease<FakeConn>>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(virtually(() -> pool.acquire(limit)));
    }
    eventually(pool, "all wait", stats -> stats.pending() == before + count);
    eventually(() -> "all are parked", () -> world.clock().parkedThreads() == before + count);
    return all;
  }

  private interface Work<T> {
    T run() throws Exception;
  }

  private static <T> CompletableFuture<T> virtually(Work<T> work) {
    ThreadFactory threads = VirtualThreads.factory("caller-");
    CompletableFuture<T> result = new CompletableFuture<>();
    threads
        .newThread(
            () -> {
              try {
                result.complete(work.run());
              } catch (Throwable failure) {
                result.completeExceptionally(failure);
              }
            })
        .start();
    return result;
  }

  private static void assertTimedOut(CompletableFuture<?> waiter) {
    Throwable failure =
        assertThrows(ExecutionException.class, () -> waiter.get(20, TimeUnit.SECONDS)).getCause();
    assertTrue(failure instanceof AcquireTimeoutException, failure::toString);
  }
}
