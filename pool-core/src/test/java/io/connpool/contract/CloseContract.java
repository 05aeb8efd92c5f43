package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Closing the pool: what it waits for, what it forces, and when it is over. */
abstract class CloseContract extends PoolContract {
  private static final Duration GRACE = Duration.ofSeconds(2);

  CloseContract(PoolKind kind) {
    super(kind);
  }

  /** A pool's first close decides when it ends; the world's, after the test, only waits for it. */
  @AfterEach
  void graceIsOver() {
    clock().advance(GRACE.plusSeconds(1));
  }

  /** Begins to close, and returns when that only waits for its end. */
  private <T> Caller<T> beginClose(Callable<T> close) {
    Caller<T> closer = begin(close);
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);
    return closer;
  }

  private Caller<Boolean> beginClose(ConnPool<FakeConn> pool, Duration grace) {
    return beginClose(() -> pool.close(grace));
  }

  // --- at rest ---

  @Test
  void aPoolThatNobodyUsedClosesAtOnce() {
    assertTrue(poolOf(2).close(GRACE));
  }

  @Test
  void idleConnectionsAreClosed() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    fillIdle(pool, 3);

    assertTrue(pool.close(GRACE));

    transport().connections().forEach(c -> closedBecause(CloseReason.POOL_CLOSED, c));
    atRest(pool, "dialed 3, closed 3");
  }

  @ParameterizedTest
  @EnumSource
  void aClosedPoolRefusesEveryPath(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.name("orders"));
    fillIdle(pool, 1);
    pool.close(Duration.ZERO);

    PoolClosedException refused =
        assertThrows(PoolClosedException.class, () -> path.use(pool, LIMIT));

    assertTrue(refused.getMessage().contains("orders"), refused::getMessage);
    assertEquals(1, transport().attempts());
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aClosedPoolRefusesTryAcquire() {
    ConnPool<FakeConn> pool = poolOf(1);
    pool.close();

    assertThrows(PoolClosedException.class, pool::tryAcquire);
  }

  @Test
  void aClosedPoolFailsFuturesAndThrowsNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    pool.close();

    failure(PoolClosedException.class, pool.acquireAsync());
    failure(PoolClosedException.class, pool.acquireAsync(LIMIT));
    failure(
        PoolClosedException.class,
        pool.callAsync(connection -> CompletableFuture.completedFuture(1)));
  }

  @Test
  void aClosedPoolStillTellsItsFiguresAndSettings() {
    ConnPool<FakeConn> pool = pool(builder -> builder.name("orders"));
    pool.close();

    assertEquals("", figures(pool.stats()));
    assertEquals("orders", pool.effectiveConfig().name());
  }

  @Test
  void aSecondCloseHasTheSameEnd() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    assertTrue(pool.close(GRACE));
    assertTrue(pool.close(GRACE));
    pool.close();

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aNegativeGraceIsRejectedAndClosesNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(IllegalArgumentException.class, () -> pool.close(Duration.ofNanos(-1)));
    assertThrows(NullPointerException.class, () -> pool.close(null));

    assertEquals(1, pool.acquire().get().id());
  }

  // --- waiters ---

  @ParameterizedTest
  @EnumSource
  void aWaiterOfEveryPathFailsAtOnce(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<?> waiter = beginWaiting(pool, () -> path.use(pool, LIMIT));

    Caller<Boolean> closer = beginClose(pool, GRACE);

    waiter.failure(PoolClosedException.class);
    assertEquals(0, pool.stats().pending());
    assertFalse(closer.isDone());
    closeAll(leases);
    assertTrue(closer.result());
  }

  @Test
  void aWaiterWhoseDialHangsFailsAtOnce() throws Exception {
    transport().next(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> waiter = beginWaiting(pool, pool::acquire);

    beginClose(pool, GRACE);

    waiter.failure(PoolClosedException.class);
  }

  // --- leases ---

  @ParameterizedTest
  @EnumSource
  void whileLeasesFinishEveryPathIsRefused(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    Lease<FakeConn> lease = pool.acquire();
    Caller<Boolean> closer = beginClose(pool, GRACE);

    assertThrows(PoolClosedException.class, () -> path.use(pool, LIMIT));

    assertThrows(PoolClosedException.class, pool::tryAcquire);
    lease.close();
    assertTrue(closer.result());
  }

  @Test
  void leasesMayFinishWithinTheGrace() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);
    Caller<Boolean> closer = beginClose(pool, GRACE);

    clock().advance(GRACE.minus(NANO));
    still("it waits", () -> !closer.isDone());
    leases.forEach(lease -> assertFalse(lease.get().isClosed()));
    closeAll(leases);

    assertTrue(closer.result());
    transport().connections().forEach(c -> closedBecause(CloseReason.POOL_CLOSED, c));
    atRest(pool, "dialed 2, closed 2");
  }

  @Test
  void aLeaseThatEndsDuringTheGraceHasItsConnectionClosedAndNotParked() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);
    FakeConn first = leases.get(0).get();
    Caller<Boolean> closer = beginClose(pool, GRACE);

    leases.stream().filter(lease -> lease.get() == first).toList().forEach(Lease::close);

    closedBecause(CloseReason.POOL_CLOSED, first);
    atRest(pool, taken(1) + ", dialed 2, closed 1");
    assertFalse(closer.isDone());
  }

  @Test
  void connectionsStillOutAreClosedUnderTheirHoldersAfterTheGrace() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    FakeConn connection = leases.get(0).get();
    Caller<Boolean> closer = beginClose(pool, GRACE);

    clock().advance(GRACE.minus(NANO));
    still("it waits", () -> !closer.isDone() && !connection.isClosed());
    clock().advance(NANO);

    assertFalse(closer.result());
    closedBecause(CloseReason.POOL_CLOSED, connection);
    closeAll(leases);
    PoolWorld.eventually(pool, "all gone", stats -> stats.total() == 0 && stats.leases() == 0);
    assertEquals(1, pool.stats().closed());
    assertEquals(0, pool.stats().misuses());
  }

  @Test
  void withoutGraceNothingIsWaitedFor() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    FakeConn connection = lease.get();

    assertFalse(pool.close(Duration.ZERO));

    closedBecause(CloseReason.POOL_CLOSED, connection);
  }

  @Test
  void closeWithoutArgumentsHasTheConfiguredGrace() throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.closeTimeout(GRACE));
    Lease<FakeConn> lease = pool.acquire();
    FakeConn connection = lease.get();
    Caller<Void> closer =
        beginClose(
            () -> {
              pool.close();
              return null;
            });

    clock().advance(GRACE.minus(NANO));
    still("it waits", () -> !closer.isDone() && !connection.isClosed());
    clock().advance(NANO);

    closer.result();
    closedBecause(CloseReason.POOL_CLOSED, connection);
  }

  @Test
  void aGraceThatNoClockCanExpressWaitsForTheLeases() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    Caller<Boolean> closer = beginClose(pool, Duration.ofSeconds(Long.MAX_VALUE));

    clock().advance(Duration.ofMinutes(1));
    try {
      still("it waits", () -> !closer.isDone() && !lease.get().isClosed());
    } finally {
      lease.close();
    }

    assertTrue(closer.result());
  }

  @Test
  void aSecondCloserWaitsForTheSameEnd() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    Caller<Boolean> first = beginClose(pool, GRACE);
    Caller<Boolean> second = beginClose(pool, GRACE);

    still("both wait", () -> !first.isDone() && !second.isDone());
    lease.close();

    assertTrue(first.result());
    assertTrue(second.result());
  }

  @Test
  void aHolderMayCloseThePool() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    assertFalse(pool.<Boolean, RuntimeException>call(connection -> pool.close(Duration.ZERO)));

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void anAsyncCallMayFinishWithinTheGrace() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    CompletableFuture<String> stage = new CompletableFuture<>();
    CompletableFuture<String> answer = pool.callAsync(connection -> stage);
    Caller<Boolean> closer = beginClose(pool, GRACE);

    still("it waits", () -> !closer.isDone());
    stage.complete("answer");

    assertEquals("answer", result(answer));
    assertTrue(closer.result());
  }
}
