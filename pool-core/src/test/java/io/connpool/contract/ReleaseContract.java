package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ending a lease: well, badly, twice, too late, and by somebody else. */
abstract class ReleaseContract extends PoolContract {
  ReleaseContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void aLeaseThatHasEndedShowsItsConnectionToNobody() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    Lease<FakeConn> closed = pool.acquire();
    closed.close();
    Lease<FakeConn> invalidated = pool.acquire();
    invalidated.invalidate();

    assertThrows(IllegalStateException.class, closed::get);
    assertThrows(IllegalStateException.class, invalidated::get);
  }

  @Test
  void anotherThreadMayEndALease() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();

    begin(
            () -> {
              lease.close();
              return null;
            })
        .result();

    assertThrows(IllegalStateException.class, lease::get);
    atRest(pool, "idle 1, dialed 1");
  }

  // --- twice ---

  @Test
  void aLeaseClosedTwiceChangesNothingAndIsCounted() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();

    lease.close();
    lease.close();

    atRest(pool, "idle 1, dialed 1, misuses 1");
  }

  @Test
  void aLeaseInvalidatedAfterItsCloseChangesNothingAndIsCounted() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();

    lease.close();
    lease.invalidate(new IOException("too late"));

    still("still open", () -> !transport().connection(1).isClosed());
    atRest(pool, "idle 1, dialed 1, misuses 1");
  }

  @Test
  void aLeaseInvalidatedTwiceIsCounted() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();

    lease.invalidate();
    lease.invalidate();

    atRest(pool, "dialed 1, closed 1, misuses 1");
  }

  @Test
  void aCloseAfterAnInvalidateIsNoMisuse() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    try (Lease<FakeConn> lease = pool.acquire()) {
      lease.get().use();
      lease.invalidate(new IOException("broke"));
    }

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aLeaseEndedBySeveralThreadsAtOnceEndsOnce() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    for (int round = 1; round <= 100; round++) {
      List<Lease<FakeConn>> leases = takeAll(pool, 1);
      Lease<FakeConn> lease = leases.get(0);
      List<Caller<Void>> enders = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        enders.add(
            begin(
                () -> {
                  lease.close();
                  return null;
                }));
      }
      for (Caller<Void> ender : enders) {
        ender.result();
      }
      assertEquals(2L * round, pool.stats().misuses());
      assertEquals(kind.capacity() - 1, pool.stats().leases());
      leases.subList(1, leases.size()).forEach(Lease::close);
    }
  }

  // --- too late, while somebody else has the connection ---

  @Test
  void aStaleLeaseCannotTakeTheConnectionFromItsNextHolder() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Lease<FakeConn> stale = leases.remove(0);
    stale.close();
    Lease<FakeConn> holder = pool.acquire();

    stale.close();

    assertFalse(pool.tryAcquire().isPresent());
    assertEquals(1, holder.get().id());
    atRest(pool, taken(1) + ", dialed 1, misuses 1");
    holder.close();
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1, misuses 1");
  }

  @Test
  void aStaleLeaseCannotBreakTheConnectionOfItsNextHolder() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> stale = pool.acquire();
    stale.close();
    Lease<FakeConn> holder = pool.acquire();

    stale.invalidate(new IOException("too late"));

    still("still open", () -> !holder.get().isClosed());
    atRest(pool, "leased 1, leases 1, dialed 1, misuses 1");
  }

  @Test
  void aStaleLeaseCannotTouchTheSuccessorOfItsConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> stale = pool.acquire();
    stale.invalidate();
    Lease<FakeConn> holder = pool.acquire();
    assertEquals(2, holder.get().id());

    stale.close();
    stale.invalidate();

    still("still open", () -> !holder.get().isClosed());
    assertEquals(1, pool.stats().leases());
  }

  // --- invalidate ---

  @Test
  void anInvalidatedConnectionIsClosedAndNeverLentAgain() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    lease.invalidate();

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void invalidateFreesItsPlaceAndAWaiterIsServedByANewDial() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<Lease<FakeConn>> blocked = beginWaiting(pool, pool::acquire);

    leases.remove(0).invalidate(new IOException("broke"));

    assertEquals(2, blocked.result().get().id());
    closeAll(leases);
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @Test
  void everyWaiterIsServedAfterAllConnectionsBroke() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);
    List<Caller<FakeConn>> waiters = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiters.add(beginWaiting(pool, () -> AccessPath.CALL.use(pool, LIMIT)));
    }

    leases.forEach(Lease::invalidate);

    for (Caller<FakeConn> waiter : waiters) {
      assertTrue(waiter.result().id() > 2);
    }
  }

  @Test
  void invalidateDoesNotWaitForACloseThatHangsAndNeitherDoesTheNextCaller() throws Exception {
    transport().next(Function.CLOSE, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);

    pool.acquire().invalidate();

    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void aCloseThatThrowsIsCountedAndShownToNobody() throws Exception {
    transport().next(Function.CLOSE, Step.THROW, Step.THROW_ERROR);
    ConnPool<FakeConn> pool = poolOf(1);

    pool.acquire().invalidate();
    pool.acquire().invalidate();

    atRest(pool, "dialed 2, closed 2, closeFailures 2");
    assertEquals(3, pool.acquire().get().id());
  }

  @Test
  void aCloseThatDoesNotEndInTimeIsCounted() throws Exception {
    transport().next(Function.CLOSE, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    pool.acquire().invalidate();
    PoolWorld.eventually(() -> "closing", () -> transport().connection(1).isClosed());

    clock().advance(Duration.ofSeconds(5)); // dialTimeout is the limit of a close, too

    PoolWorld.eventually(pool, "counted", stats -> stats.closeFailures() == 1);
    PoolWorld.eventually(pool, "abandoned", stats -> stats.abandoned() == 1);
    transport().releaseAll();
    atRest(pool, "dialed 1, closed 1, closeFailures 1");
  }

  // --- what a release never does ---

  @Test
  void aReleaseOfAClosedPoolsConnectionDoesNotThrow() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);
    pool.close(Duration.ZERO);

    closeAll(leases.subList(1, leases.size()));
    leases.get(0).invalidate();

    assertEquals(0, pool.stats().leases());
  }

  @Test
  void aReleaseInAnInterruptedThreadIsAReleaseAndKeepsTheFlag() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<FakeConn> waiter = beginWaiting(pool, () -> AccessPath.ACQUIRE.use(pool, LIMIT));

    Thread.currentThread().interrupt();
    closeAll(leases);
    assertTrue(Thread.interrupted());

    assertEquals(1, waiter.result().id());
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aReleaseOfOneLeaseLeavesTheOthersOfItsThreadAlone() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);

    leases.remove(0).close();

    leases.forEach(lease -> assertFalse(lease.get().isClosed()));
    assertEquals(2 * kind.capacity() - 1, pool.stats().leases());
  }
}
