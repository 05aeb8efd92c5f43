package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.AcquireTimeoutException.Phase;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Waiting for a connection: how it ends, and that it leaves nothing behind. */
abstract class WaitContract extends PoolContract {
  WaitContract(PoolKind kind) {
    super(kind);
  }

  @ParameterizedTest
  @EnumSource
  void everyPathTimesOutExactlyAtItsLimit(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    Caller<?> waiter = beginWaiting(pool, () -> path.use(pool, LIMIT));

    clock().advance(LIMIT.minus(NANO));
    still("the caller waits", () -> !waiter.isDone() && pool.stats().pending() == 1);
    clock().advance(NANO);

    assertSame(Phase.RELEASE, waiter.failure(AcquireTimeoutException.class).phase());
    atRest(pool, taken(1) + ", dialed 1, timeouts 1");
  }

  @ParameterizedTest
  @EnumSource(names = {"ACQUIRE_LIMIT", "CALL_LIMIT", "RUN_LIMIT", "ACQUIRE_ASYNC_LIMIT"})
  void itsOwnLimitCountsAndNotThatOfThePool(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    Caller<?> shorter = beginWaiting(pool, () -> path.use(pool, LIMIT.minus(NANO)));
    Caller<?> longer = beginWaiting(pool, () -> path.use(pool, LIMIT.plus(NANO)));

    clock().advance(LIMIT.minus(NANO));
    shorter.failure(AcquireTimeoutException.class);
    clock().advance(NANO);
    still("the patient one waits", () -> !longer.isDone() && pool.stats().pending() == 1);
    clock().advance(NANO);

    longer.failure(AcquireTimeoutException.class);
  }

  @ParameterizedTest
  @EnumSource
  void everyPathIsServedByARelease(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<FakeConn> waiter = beginWaiting(pool, () -> path.use(pool, LIMIT));

    leases.remove(0).close();

    assertEquals(1, waiter.result().id());
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1");
  }

  @ParameterizedTest
  @EnumSource
  void aReleaseInTheLastNanosecondStillServes(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<FakeConn> waiter = beginWaiting(pool, () -> path.use(pool, LIMIT));

    clock().advance(LIMIT.minus(NANO));
    closeAll(leases);

    assertEquals(1, waiter.result().id());
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theTimeOutSaysWhatRanOutAndWhichKnobToTurn() throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.name("orders").maxActive(1));
    takeAll(pool, 1);
    Caller<?> waiter = beginWaiting(pool, pool::acquire);

    clock().advance(LIMIT);

    AcquireTimeoutException failure = waiter.failure(AcquireTimeoutException.class);
    assertTrue(failure.getMessage().contains("orders"), failure::getMessage);
    assertTrue(failure.getMessage().contains("maxActive"), failure::getMessage);
    assertEquals(1, failure.stats().leased());
    assertEquals(kind.capacity(), failure.stats().leases());
    assertSame(null, failure.getCause());
  }

  @Test
  void aTimeOutWhileADialHangsSaysSo() throws Exception {
    transport().next(Function.DIAL, Step.HANG);
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> waiter = beginWaiting(pool, pool::acquire);

    clock().advance(LIMIT);

    assertSame(Phase.DIAL, waiter.failure(AcquireTimeoutException.class).phase());
    atRest(pool, "dialing 1, timeouts 1");
  }

  @Test
  void everyWaiterTimesOutAtItsOwnTime() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    List<Caller<?>> waiters = new ArrayList<>();
    for (int i = 5; i >= 1; i--) {
      Duration limit = Duration.ofMillis(100L * i);
      waiters.add(0, beginWaiting(pool, () -> pool.acquire(limit)));
    }

    for (int gone = 1; gone <= 5; gone++) {
      clock().advance(Duration.ofMillis(100));
      waiters.get(gone - 1).failure(AcquireTimeoutException.class);
      atRest(
          pool,
          taken(1).replace(", ", gone == 5 ? ", " : ", pending " + (5 - gone) + ", ")
              + ", dialed 1, timeouts "
              + gone);
    }
  }

  @Test
  void aTimedOutWaiterLeavesItsPlaceToTheNext() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<?> impatient = beginWaiting(pool, () -> pool.acquire(Duration.ofSeconds(1)));
    Caller<FakeConn> patient = beginWaiting(pool, () -> AccessPath.ACQUIRE.use(pool, LIMIT));

    clock().advance(Duration.ofSeconds(1));
    impatient.failure(AcquireTimeoutException.class);
    leases.remove(0).close();

    assertEquals(1, patient.result().id());
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1, timeouts 1");
  }

  @Test
  void oneReleaseAfterAnotherServesEveryWaiter() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    List<Caller<FakeConn>> waiters = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      waiters.add(beginWaiting(pool, () -> AccessPath.ACQUIRE.use(pool, LIMIT)));
    }

    leases.remove(0).close();

    for (Caller<FakeConn> waiter : waiters) {
      assertEquals(1, waiter.result().id());
    }
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void whoComesAfterAWaitIsOverIsServedByTheNextRelease() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);

    for (int i = 0; i < 3; i++) {
      Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
      leases.remove(0).close();
      leases.add(waiter.result());
    }

    closeAll(leases);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void severalReleasesServeSeveralWaitersAtOnce() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    List<Lease<FakeConn>> leases = takeAll(pool, 3);
    List<Caller<Lease<FakeConn>>> waiters = new ArrayList<>();
    for (int i = 0; i < leases.size(); i++) {
      waiters.add(beginWaiting(pool, pool::acquire));
    }

    closeAll(leases);

    for (Caller<Lease<FakeConn>> waiter : waiters) {
      waiter.result();
    }
    atRest(pool, taken(3) + ", dialed 3");
  }

  // --- interrupts ---

  @ParameterizedTest
  @EnumSource
  void anInterruptBeforeTheCallThrowsWhenItWouldHaveToWait(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);

    Caller<?> caller = begin(() -> interruptedUse(path, pool));

    caller.failure(InterruptedException.class);
    assertFalse(caller.wasInterruptedAtEnd(), "the exception replaces the flag");
    if (path.blocks()) {
      atRest(pool, taken(1) + ", dialed 1");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ACQUIRE", "ACQUIRE_LIMIT", "CALL", "CALL_LIMIT", "RUN", "RUN_LIMIT"})
  void anInterruptBeforeTheCallThrowsEvenWhenAConnectionIsReady(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    begin(() -> interruptedUse(path, pool)).failure(InterruptedException.class);

    atRest(pool, "idle 1, dialed 1");
    assertEquals(0, transport().connection(1).uses());
  }

  private static FakeConn interruptedUse(AccessPath path, ConnPool<FakeConn> pool)
      throws Exception {
    Thread.currentThread().interrupt();
    return path.use(pool, LIMIT);
  }

  @ParameterizedTest
  @EnumSource(names = {"ACQUIRE", "ACQUIRE_LIMIT", "CALL", "CALL_LIMIT", "RUN", "RUN_LIMIT"})
  void anInterruptWhileWaitingThrowsAndLeavesNothingBehind(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<?> waiter = beginWaiting(pool, () -> path.use(pool, LIMIT));

    waiter.interrupt();

    waiter.failure(InterruptedException.class);
    assertFalse(waiter.wasInterruptedAtEnd(), "the exception replaces the flag");
    atRest(pool, taken(1) + ", dialed 1");
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void anInterruptOfOneWaiterDoesNotTouchTheOthers() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<FakeConn> first = beginWaiting(pool, () -> AccessPath.ACQUIRE.use(pool, LIMIT));
    Caller<FakeConn> second = beginWaiting(pool, () -> AccessPath.CALL.use(pool, LIMIT));

    first.interrupt();
    first.failure(InterruptedException.class);
    still("the other one waits", () -> !second.isDone() && pool.stats().pending() == 1);
    closeAll(leases);

    assertEquals(1, second.result().id());
  }

  @Test
  void anInterruptWhileADialIsUnderWayDoesNotLoseItsConnection() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> waiter = beginWaiting(pool, pool::acquire);
    heldDials(permits, 1);

    waiter.interrupt();
    waiter.failure(InterruptedException.class);
    permits.release();

    atRest(pool, "idle 1, dialed 1");
  }
}
