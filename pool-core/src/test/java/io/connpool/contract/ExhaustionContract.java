package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What happens when everything is out: FAIL, OVERFLOW, no limit. (WAIT has a suite of its own.) */
abstract class ExhaustionContract extends PoolContract {
  ExhaustionContract(PoolKind kind) {
    super(kind);
  }

  private ConnPool<FakeConn> failing(int maxActive) {
    return pool(b -> b.name("orders").maxActive(maxActive).whenExhausted(WhenExhausted.FAIL));
  }

  private ConnPool<FakeConn> overflowing(int maxActive, int hardMax) {
    return pool(
        b ->
            b.name("orders")
                .maxActive(maxActive)
                .hardMax(hardMax)
                .whenExhausted(WhenExhausted.OVERFLOW));
  }

  // --- FAIL ---

  @ParameterizedTest
  @EnumSource
  void failFailsEveryPathAtOnce(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = failing(1);
    takeAll(pool, 1);

    PoolExhaustedException failure =
        assertThrows(PoolExhaustedException.class, () -> path.use(pool, LIMIT));

    assertTrue(failure.getMessage().contains("orders"), failure::getMessage);
    assertTrue(failure.getMessage().contains("maxActive"), failure::getMessage);
    assertEquals(1, failure.stats().leased());
    atRest(pool, taken(1) + ", dialed 1");
  }

  @Test
  void failWaitsForADialBelowTheLimit() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = failing(1);
    Caller<Lease<FakeConn>> caller = beginWaiting(pool, pool::acquire);

    permits.release();

    assertEquals(1, caller.result().get().id());
  }

  @Test
  void failLendsAgainAfterARelease() throws Exception {
    ConnPool<FakeConn> pool = failing(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    assertThrows(PoolExhaustedException.class, pool::acquire);

    leases.get(0).close();

    assertEquals(1, pool.acquire().get().id());
  }

  @Test
  void tryAcquireOfAnExhaustedPoolIsJustEmpty() throws Exception {
    ConnPool<FakeConn> pool = failing(1);
    takeAll(pool, 1);
    ConnPool<FakeConn> full = overflowing(1, 1);
    takeAll(full, 1);

    assertFalse(pool.tryAcquire().isPresent());
    assertFalse(full.tryAcquire().isPresent());
  }

  // --- OVERFLOW ---

  @Test
  void overflowDialsBeyondMaxActiveUpToHardMax() throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 3);

    Set<FakeConn> lent = new HashSet<>();
    takeAll(pool, 3).forEach(lease -> lent.add(lease.get()));

    assertEquals(3, lent.size());
    atRest(pool, taken(3) + ", dialed 3");
  }

  @ParameterizedTest
  @EnumSource
  void overflowFailsEveryPathAtHardMax(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 2);
    takeAll(pool, 2);

    PoolExhaustedException failure =
        assertThrows(PoolExhaustedException.class, () -> path.use(pool, LIMIT));

    assertTrue(failure.getMessage().contains("orders"), failure::getMessage);
    assertTrue(failure.getMessage().contains("hardMax"), failure::getMessage);
    assertEquals(2, failure.stats().leased());
    atRest(pool, taken(2) + ", dialed 2");
  }

  @Test
  void theSurplusIsClosedAsItComesBack() throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 3);
    List<Lease<FakeConn>> leases = takeAll(pool, 3);
    int last = leases.get(leases.size() - 1).get().id();

    leases.stream().filter(lease -> lease.get().id() == last).toList().forEach(Lease::close);

    closedBecause(CloseReason.SURPLUS, transport().connection(last));
    atRest(pool, taken(2) + ", dialed 3, closed 1");
  }

  @Test
  void maxActiveConnectionsAreLeftWhenAllAreBack() throws Exception {
    ConnPool<FakeConn> pool = overflowing(2, 4);
    List<Lease<FakeConn>> leases = takeAll(pool, 4);

    closeAll(leases);

    atRest(pool, "idle 2, dialed 4, closed 2");
    for (int round = 0; round < 3; round++) {
      closeAll(takeAll(pool, 2));
    }
    atRest(pool, "idle 2, dialed 4, closed 2");
  }

  @Test
  void aReleasedConnectionServesTheWaiterOfAnOverflowingDialIfItComesFirst() throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 2);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Semaphore permits = holdDials();
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    heldDials(permits, 1);

    leases.remove(0).close();

    assertEquals(1, waiter.result().get().id());
    permits.release();
    PoolWorld.eventually(pool, "the dial has ended", stats -> stats.dialing() == 0);
    waiter.result().close();
    closeAll(leases);
    PoolWorld.eventually(pool, "the surplus is gone", stats -> stats.total() == 1);
  }

  @Test
  void noMoreThanHardMaxAreDialedHoweverManyAsk() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = overflowing(1, 2);
    List<Caller<Lease<FakeConn>>> callers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      callers.add(beginWaiting(pool, pool::acquire));
    }

    permits.release(10);

    for (Caller<Lease<FakeConn>> caller : callers) {
      caller.result();
    }
    while (pool.stats().leases() < 2 * kind.capacity()) {
      pool.acquire();
    }
    assertEquals(2, pool.stats().total());
    assertThrows(PoolExhaustedException.class, pool::acquire);
    // a shared one that was dialed for a caller whom the first one served is being closed, perhaps
    PoolWorld.eventually(
        () -> transport().open() + " are open", () -> transport().open().size() == 2);
  }

  @Test
  void anOverflowingDialThatFailsFailsItsCallerAndFreesThePlace() throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 2);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    transport().next(Function.DIAL, Step.THROW);

    assertThrows(DialException.class, pool::acquire);

    atRest(pool, taken(1) + ", dialed 1, dialFailures 1");
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1, dialFailures 1");
  }

  @Test
  void tryAcquireNeverOverflows() throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 2);
    takeAll(pool, 1);

    assertFalse(pool.tryAcquire().isPresent());

    still("no dial", () -> transport().attempts() == 1);
    atRest(pool, taken(1) + ", dialed 1");
  }

  @Test
  void aBrokenSurplusConnectionFreesItsPlaceToo() throws Exception {
    ConnPool<FakeConn> pool = overflowing(1, 2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);

    leases.forEach(Lease::invalidate);

    atRest(pool, "dialed 2, closed 2");
    takeAll(pool, 2);
    atRest(pool, taken(2) + ", dialed 4, closed 2");
  }

  // --- no limit ---

  @Test
  void maxActiveOfZeroIsNoLimit() throws Exception {
    ConnPool<FakeConn> pool = poolOf(0);

    List<Lease<FakeConn>> leases = takeAll(pool, 50);

    assertEquals(50L * kind.capacity(), pool.stats().leases());
    closeAll(leases);
    PoolWorld.eventually(pool, "all back", stats -> stats.leases() == 0 && stats.dialing() == 0);
    assertEquals(pool.stats().dialed(), pool.stats().idle());
  }
}
