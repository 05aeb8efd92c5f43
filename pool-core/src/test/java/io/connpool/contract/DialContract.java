package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Dials that fail, and dials that take too long: whom they fail, and that they hold up nobody. */
abstract class DialContract extends PoolContract {
  private static final Duration STEP = Duration.ofMillis(100);

  /** For waits whose length is not what the test is about. */
  private static final Duration PATIENT = Duration.ofHours(1);

  DialContract(PoolKind kind) {
    super(kind);
  }

  /** Acquires after a failed dial: the pool may pause half a second before the next one. */
  private Lease<FakeConn> acquireAfterPause(ConnPool<FakeConn> pool) throws Exception {
    Caller<Lease<FakeConn>> caller = begin(pool::acquire);
    PoolWorld.eventually(
        () -> "waits or is served", () -> caller.isDone() || pool.stats().pending() == 1);
    clock().advance(Duration.ofMillis(500));
    return caller.result();
  }

  // --- dials that fail ---

  @ParameterizedTest
  @EnumSource
  void everyPathFailsWithTheFailureOfTheDialBegunForIt(AccessPath path) {
    transport().next(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = pool(builder -> builder.name("orders"));

    DialException failure = assertThrows(DialException.class, () -> path.use(pool, LIMIT));

    assertEquals(1, failure.attempts());
    assertInstanceOf(IOException.class, failure.getCause());
    assertEquals("scripted failure of DIAL", failure.getCause().getMessage());
    assertTrue(failure.getMessage().contains("orders"), failure::getMessage);
    atRest(pool, "dialFailures 1");
  }

  @ParameterizedTest
  @CsvSource({"DIAL, THROW_ERROR", "DIAL, NULL", "HEARTBEAT, THROW", "HEARTBEAT, THROW_ERROR"})
  void whateverADialDoesWrongIsAFailedAttempt(Function function, Step step) throws Exception {
    transport().next(function, step);
    ConnPool<FakeConn> pool = poolOf(1);

    assertEquals(1, assertThrows(DialException.class, pool::acquire).attempts());

    assertEquals(1, pool.stats().dialFailures());
    assertFalse(acquireAfterPause(pool).get().isClosed());
  }

  @Test
  void aConnectionWhoseFirstHeartbeatFailsIsClosedAndNeverLent() throws Exception {
    transport().next(Function.HEARTBEAT, Step.THROW);
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(DialException.class, pool::acquire);

    closedBecause(CloseReason.HEARTBEAT, transport().connection(1));
    assertEquals(2, acquireAfterPause(pool).get().id());
  }

  @Test
  void anEpisodeMakesAsManyAttemptsAsItMay() throws Exception {
    transport().next(Function.DIAL, Step.THROW, Step.THROW, Step.OK);
    List<Integer> attempts = new CopyOnWriteArrayList<>();
    hooks.beforeDial = context -> attempts.add(context.attempt());
    ConnPool<FakeConn> pool = pool(builder -> builder.dialAttempts(3));
    Caller<Lease<FakeConn>> caller = begin(() -> pool.acquire(PATIENT));

    world.advanceUntil(STEP, PATIENT, caller::isDone);

    assertEquals(1, caller.result().get().id());
    assertEquals(List.of(1, 2, 3), attempts);
    atRest(pool, "leased 1, leases 1, dialed 1, dialFailures 2");
  }

  @Test
  void anEpisodeThatRunsOutOfAttemptsFailsWithTheLastFailureAndStops() throws Exception {
    transport().next(Function.DIAL, Step.THROW, Step.THROW, Step.THROW_ERROR);
    ConnPool<FakeConn> pool = pool(builder -> builder.dialAttempts(3));
    Caller<?> caller = begin(() -> pool.acquire(PATIENT));

    world.advanceUntil(STEP, PATIENT, caller::isDone);

    DialException failure = caller.failure(DialException.class);
    assertEquals(3, failure.attempts());
    assertInstanceOf(AssertionError.class, failure.getCause());
    clock().advance(Duration.ofSeconds(5));
    still("no further dial", () -> transport().attempts() == 3);
    atRest(pool, "dialFailures 3");
  }

  @Test
  void aTimeOutBetweenTwoAttemptsSaysSoAndShowsTheLastFailure() throws Exception {
    transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = pool(builder -> builder.maxActive(1).dialAttempts(1000));
    Caller<?> caller = beginWaiting(pool, () -> pool.acquire(NANO));
    PoolWorld.eventually(pool, "the first attempt failed", stats -> stats.dialFailures() == 1);

    clock().advance(NANO);

    AcquireTimeoutException failure = caller.failure(AcquireTimeoutException.class);
    assertInstanceOf(IOException.class, failure.getCause());
    assertSame(AcquireTimeoutException.Phase.BACKOFF, failure.phase());
  }

  @Test
  void aTimeOutInThePauseAfterAnEpisodeSaysSoAndShowsTheLastFailure() throws Exception {
    transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = poolOf(1);
    assertThrows(DialException.class, pool::acquire);
    Caller<?> caller = beginWaiting(pool, () -> pool.acquire(NANO));

    clock().advance(NANO);

    AcquireTimeoutException failure = caller.failure(AcquireTimeoutException.class);
    assertInstanceOf(IOException.class, failure.getCause());
    assertSame(AcquireTimeoutException.Phase.BACKOFF, failure.phase());
    atRest(pool, "dialFailures 1, timeouts 1");
  }

  @Test
  void aWaiterNeverWaitsMoreThanHalfASecondForTheNextEpisode() throws Exception {
    transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = poolOf(1);
    for (int episodes = 1; episodes <= 12; episodes++) {
      Caller<?> caller = begin(pool::acquire);
      PoolWorld.eventually(
          () -> "waits or failed", () -> caller.isDone() || pool.stats().pending() == 1);
      clock().advance(Duration.ofMillis(500));
      caller.failure(DialException.class);
      assertEquals(episodes, transport().attempts());
    }
  }

  @Test
  void aFailedDialFailsOnlyOneOfTwoWaiters() throws Exception {
    transport().next(Function.HEARTBEAT, Step.THROW);
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> oldest = beginWaiting(pool, () -> pool.acquire(PATIENT));
    Caller<Lease<FakeConn>> next = beginWaiting(pool, () -> pool.acquire(PATIENT));

    permits.release(2);
    oldest.failure(DialException.class);
    world.advanceUntil(STEP, PATIENT, next::isDone);

    assertEquals(2, next.result().get().id());
  }

  // --- dials that take long ---

  @Test
  void aDialIsCutOffAtItsTimeOutAndFailsItsCaller() throws Exception {
    transport().next(Function.DIAL, Step.HANG);
    AtomicReference<DialContext> context = new AtomicReference<>();
    hooks.beforeDial = context::set;
    ConnPool<FakeConn> pool =
        pool(builder -> builder.dialTimeout(Duration.ofSeconds(1)).maxActive(1));
    Caller<?> caller = beginWaiting(pool, pool::acquire);
    PoolWorld.eventually(() -> "dialing", () -> transport().dialing() == 1);

    clock().advance(Duration.ofSeconds(1).minus(NANO));
    still("the dial goes on", () -> !caller.isDone() && transport().dialing() == 1);
    assertEquals(NANO, context.get().remaining());
    assertFalse(context.get().cancelled());
    clock().advance(NANO);

    caller.failure(DialException.class);
    PoolWorld.eventually(() -> "interrupted", () -> transport().dialing() == 0);
    assertEquals(Duration.ZERO, context.get().remaining());
    assertTrue(context.get().cancelled());
    atRest(pool, "dialFailures 1");
  }

  @Test
  void theFirstHeartbeatComesOutOfTheTimeOfTheDial() throws Exception {
    transport().next(Function.HEARTBEAT, Step.HANG);
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool =
        pool(builder -> builder.maxActive(1).dialTimeout(Duration.ofSeconds(2)));
    Caller<?> caller = beginWaiting(pool, pool::acquire);
    heldDials(permits, 1);
    clock().freeze(Duration.ofSeconds(1));
    permits.release();
    PoolWorld.eventually(() -> "first heartbeat", () -> transport().heartbeating() == 1);

    clock().advance(Duration.ofSeconds(1).minus(NANO));
    still("the attempt goes on", () -> !caller.isDone());
    clock().advance(NANO);

    caller.failure(DialException.class);
    closedBecause(CloseReason.HEARTBEAT, transport().connection(1));
    atRest(pool, "dialed 1, dialFailures 1, closed 1");
  }

  @Test
  void aDialThatIgnoresItsEndIsReportedAndItsLateResultClosed() throws Exception {
    transport().next(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> caller = beginWaiting(pool, () -> pool.acquire(Duration.ofSeconds(10)));
    PoolWorld.eventually(() -> "dialing", () -> transport().dialing() == 1);

    clock().advance(Duration.ofSeconds(5));
    caller.failure(DialException.class);
    atRest(pool, "dialFailures 1, abandoned 1");
    transport().releaseAll();

    PoolWorld.eventually(() -> "late result", () -> transport().connections().size() == 1);
    closedBecause(CloseReason.LATE, transport().connection(1));
    PoolWorld.eventually(pool, "nothing abandoned", stats -> stats.abandoned() == 0);
    assertEquals(0, pool.stats().total());
  }

  @Test
  void aHungDialDoesNotKeepTheNextCallerFromItsOwn() throws Exception {
    transport().next(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> unlucky = beginWaiting(pool, () -> pool.acquire(Duration.ofSeconds(10)));
    PoolWorld.eventually(() -> "dialing", () -> transport().dialing() == 1);
    clock().advance(Duration.ofSeconds(5));
    unlucky.failure(DialException.class);

    assertEquals(1, acquireAfterPause(pool).get().id());
  }

  @ParameterizedTest
  @EnumSource
  void anAcquireReturnsInTimeWhateverHangs(Function function) throws Exception {
    transport().always(function, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> caller =
        begin(
            () -> {
              while (true) {
                pool.acquire().invalidate();
              }
            });
    PoolWorld.eventually(
        () -> "it hangs or goes round",
        () -> pool.stats().pending() == 1 || transport().connections().size() > 3);

    if (function == Function.CLOSE) { // a hung close costs nobody but itself
      PoolWorld.eventually(() -> "goes on", () -> transport().connections().size() > 3);
      caller.interrupt();
      caller.failure(InterruptedException.class);
    } else {
      clock().advance(LIMIT);
      caller.failure(AcquireTimeoutException.class);
    }
  }
}
