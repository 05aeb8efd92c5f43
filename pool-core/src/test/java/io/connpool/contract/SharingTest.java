package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** What is particular about connections that several callers share. */
final class SharingTest extends PoolContract {
  private static final int PLACES = PoolKind.SHARED.capacity();

  SharingTest() {
    super(PoolKind.SHARED);
  }

  @Test
  void aSharedConnectionCountsOnceHoweverManyLeasesItHas() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    Lease<FakeConn> first = pool.acquire();
    atRest(pool, "leased 1, leases 1, dialed 1");
    Lease<FakeConn> second = pool.acquire();
    atRest(pool, "leased 1, leases 2, dialed 1");
    first.close();
    atRest(pool, "leased 1, leases 1, dialed 1");
    second.close();
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void oneDialServesAsManyWaitersAsTheConnectionHasPlaces() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = poolOf(2);
    List<Caller<Lease<FakeConn>>> waiters = new ArrayList<>();
    for (int i = 0; i < PLACES; i++) {
      waiters.add(beginWaiting(pool, pool::acquire));
    }

    permits.release();

    for (Caller<Lease<FakeConn>> waiter : waiters) {
      assertEquals(1, waiter.result().get().id());
    }
  }

  // --- capacity ---

  @Test
  void aConnectionThatGrowsServesAWaiterAtOnce() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);

    transport().capacity(PLACES + 1);
    still("it takes a signal", () -> !waiter.isDone());
    signals(transport().connection(1)).capacityChanged();

    assertEquals(1, waiter.result().get().id());
    assertFalse(pool.tryAcquire().isPresent());
    atRest(pool, "leased 1, leases 4, dialed 1");
  }

  @Test
  void aConnectionThatShrinksTakesNoLeaseAwayButGivesFewer() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);

    transport().capacity(1);
    signals(transport().connection(1)).capacityChanged();
    leases.forEach(lease -> assertEquals(1, lease.get().id()));

    leases.remove(0).close();
    assertFalse(pool.tryAcquire().isPresent());
    leases.remove(0).close();
    assertFalse(pool.tryAcquire().isPresent());
    leases.remove(0).close();
    Lease<FakeConn> unused = pool.tryAcquire().orElseThrow();
    assertFalse(pool.tryAcquire().isPresent());
    atRest(pool, "leased 1, leases 1, dialed 1");
  }

  @Test
  void aConnectionWithoutCapacityIsKeptButNotLent() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    FakeConn connection = transport().connection(1);

    transport().capacity(0);
    signals(connection).capacityChanged();
    assertFalse(pool.tryAcquire().isPresent());
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    still("not lent", () -> !waiter.isDone() && !connection.isClosed());
    transport().capacity(1);
    signals(connection).capacityChanged();

    assertEquals(1, waiter.result().get().id());
  }

  @Test
  void aConnectionThatBeginsWithoutCapacityIsSharedLater() throws Exception {
    transport().capacity(0);
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    PoolWorld.eventually(pool, "dialed", stats -> stats.dialed() == 1);
    still("not lent", () -> !waiter.isDone());

    transport().capacity(2);
    signals(transport().connection(1)).capacityChanged();

    assertEquals(1, waiter.result().get().id());
    Lease<FakeConn> unused = pool.tryAcquire().orElseThrow();
    assertFalse(pool.tryAcquire().isPresent());
  }

  // --- one of several holders fails ---

  @Test
  void anInvalidatedConnectionIsClosedAtOnceUnderItsOtherHolders() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);

    leases.remove(0).invalidate(new IOException("broke"));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    assertEquals(2, pool.acquire().get().id());
    leases.get(0).close();
    leases.get(1).invalidate();
    PoolWorld.eventually(pool, "one lease is out", stats -> stats.leases() == 1);
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @Test
  void aFailedCallClosesTheConnectionAtOnceUnderItsOtherHolders() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> other = pool.acquire();

    assertThrows(IOException.class, () -> pool.run(c -> CallContract.raise(new IOException())));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    other.close();
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aRetiringCallLetsTheOtherHoldersFinish() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(Verdict.RETIRE);
    Lease<FakeConn> other = pool.acquire();

    assertThrows(IOException.class, () -> pool.run(c -> CallContract.raise(new IOException())));

    still("open", () -> !other.get().isClosed());
    assertFalse(pool.tryAcquire().isPresent());
    other.close();
    closedBecause(CloseReason.RETIRED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  // --- policy ---

  /** A connection being dialed is not out yet, and it will have places for more than its caller. */
  @Test
  void failDoesNotFailTheSecondCallerWhileTheFirstConnectionIsBeingDialed() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).whenExhausted(WhenExhausted.FAIL));
    Caller<Lease<FakeConn>> first = begin(pool::acquire);
    heldDials(permits, 1);
    Caller<Lease<FakeConn>> second = begin(pool::acquire);
    PoolWorld.eventually(() -> "asked", second::isWaitingOrDone);

    permits.release();

    assertEquals(1, first.result().get().id());
    assertEquals(1, second.result().get().id());
  }

  /** Shares that are taken as soon as they are free would keep it for ever. */
  @Test
  void aLowerLimitIsReachedAlsoWhileCallersWaitForEveryShare() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    List<Lease<FakeConn>> out = takeAll(pool, 3);
    List<CompletableFuture<Lease<FakeConn>>> waiters = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      waiters.add(pool.acquireAsync());
    }

    pool.reconfigure(b -> b.maxActive(1));
    assertEquals(9, pool.stats().leases(), "no lease is cut");
    closeAll(out);

    PoolWorld.eventually(pool, "one is left", s -> s.total() == 1 && s.leases() == 3);
    assertEquals(27, pool.stats().pending());
    PoolWorld.eventually(
        () -> "three have one",
        () -> waiters.stream().filter(CompletableFuture::isDone).count() == 3);
  }
}
