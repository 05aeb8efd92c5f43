package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Acquiring without blocking. */
abstract class AsyncContract extends PoolContract {
  AsyncContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void anIdleConnectionCompletesTheFutureBeforeItIsReturned() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync(Duration.ZERO);

    assertTrue(future.isDone());
    assertEquals(1, future.get().get().id());
    atRest(pool, "leased 1, leases 1, dialed 1");
  }

  @Test
  void aQueuedFutureIsCompletedOnAThreadOfThePoolAndNotOnTheReleasers() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    CompletableFuture<Thread> completer =
        pool.acquireAsync().thenApply(lease -> Thread.currentThread());

    leases.get(0).close();

    assertNotSame(Thread.currentThread(), result(completer));
  }

  @Test
  void aFutureWaitsForItsDialWithoutBlockingTheCaller() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = poolOf(1);

    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();
    heldDials(permits, 1);
    assertFalse(future.isDone());
    atRest(pool, "dialing 1, pending 1");
    permits.release();

    assertEquals(1, result(future).get().id());
  }

  @Test
  void aQueuedFutureTimesOutExactlyAtItsLimit() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    CompletableFuture<?> own = pool.acquireAsync(LIMIT.minusSeconds(1));
    CompletableFuture<?> configured = pool.acquireAsync();

    clock().advance(LIMIT.minusSeconds(1).minus(NANO));
    still("both wait", () -> !own.isDone() && !configured.isDone());
    clock().advance(NANO);
    failure(AcquireTimeoutException.class, own);
    clock().advance(Duration.ofSeconds(1).minus(NANO));
    still("the other one waits", () -> !configured.isDone());
    clock().advance(NANO);

    failure(AcquireTimeoutException.class, configured);
    atRest(pool, taken(1) + ", dialed 1, timeouts 2");
  }

  @Test
  void aFutureFailsWithTheFailureOfItsDial() throws Exception {
    transport().next(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = poolOf(1);
    AtomicReference<Throwable> seen = new AtomicReference<>();

    CompletableFuture<?> future =
        pool.acquireAsync().whenComplete((lease, failure) -> seen.set(failure));

    failure(DialException.class, future);
    assertSame(DialException.class, seen.get().getClass(), "not wrapped");
  }

  @Test
  void anExhaustedPoolFailsTheFutureAndThrowsNothing() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).whenExhausted(WhenExhausted.FAIL));
    takeAll(pool, 1);

    CompletableFuture<?> future = pool.acquireAsync();

    failure(PoolExhaustedException.class, future);
  }

  @Test
  void anInterruptedThreadMayAskAndKeepsItsFlag() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    Thread.currentThread().interrupt();
    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();
    assertTrue(Thread.interrupted());

    assertEquals(1, result(future).get().id());
  }

  // --- giving up ---

  @Test
  void aCancelledFutureGivesUpItsPlaceInTheQueue() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    CompletableFuture<Lease<FakeConn>> first = pool.acquireAsync();
    CompletableFuture<Lease<FakeConn>> second = pool.acquireAsync();

    assertTrue(first.cancel(false));
    PoolWorld.eventually(pool, "one waits", stats -> stats.pending() == 1);
    leases.remove(0).close();

    assertEquals(1, result(second).get().id());
    assertThrows(CancellationException.class, first::get);
    result(second).close();
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aCancelledFutureNeverTimesOut() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    CompletableFuture<?> future = pool.acquireAsync();
    int timers = clock().pendingTimers();

    future.cancel(false);
    atRest(pool, taken(1) + ", dialed 1");
    assertTrue(clock().pendingTimers() <= timers);
    clock().advance(LIMIT);

    still("no timeout counted", () -> pool.stats().timeouts() == 0);
  }

  @Test
  void theDialOfACancelledFutureServesTheNextCaller() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = poolOf(1);
    CompletableFuture<?> future = pool.acquireAsync();
    heldDials(permits, 1);

    future.cancel(true);
    Caller<Lease<FakeConn>> next = begin(pool::acquire);
    permits.release();

    assertEquals(1, next.result().get().id());
    assertEquals(1, transport().attempts());
  }

  @Test
  void cancellingAFutureThatHasItsLeaseDoesNotTakeItAway() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();
    Lease<FakeConn> lease = result(future);

    assertFalse(future.cancel(true));

    assertEquals(1, lease.get().id());
    atRest(pool, "leased 1, leases 1, dialed 1");
  }

  /** As {@code future.orTimeout} does: the user's own way of giving up must not leak a lease. */
  @Test
  void aFutureThatItsReceiverCompletesHimselfLosesNoConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();

    assertTrue(future.completeExceptionally(new TimeoutException("the user's own limit")));
    closeAll(leases);

    atRest(pool, "idle 1, dialed 1");
    assertThrows(ExecutionException.class, future::get);
  }

  /** Each round a cancel and a release at the same moment: whoever wins, no place is lost. */
  @Test
  void aCancelThatMeetsARelease() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    for (int round = 0; round < 300; round++) {
      List<Lease<FakeConn>> leases = takeAll(pool, 1);
      CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();
      CountDownLatch start = new CountDownLatch(1);
      Caller<Boolean> canceller =
          begin(
              () -> {
                start.await();
                return future.cancel(false);
              });
      start.countDown();
      closeAll(leases);
      if (!canceller.result()) {
        future.get().close();
      }
      atRest(pool, "idle 1, dialed 1");
    }
  }

  /** Each round an interrupt and a release at the same moment: whoever wins, no place is lost. */
  @Test
  void anInterruptThatMeetsARelease() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    for (int round = 0; round < 300; round++) {
      List<Lease<FakeConn>> leases = takeAll(pool, 1);
      Caller<Boolean> waiter =
          beginWaiting(
              pool,
              () -> {
                try (Lease<FakeConn> lease = pool.acquire()) {
                  lease.get().use();
                  return true;
                } catch (InterruptedException interrupted) {
                  return false;
                }
              });
      CountDownLatch start = new CountDownLatch(1);
      Caller<Void> interrupter =
          begin(
              () -> {
                start.await();
                waiter.interrupt();
                return null;
              });
      start.countDown();
      closeAll(leases);
      waiter.result();
      interrupter.result();
      atRest(pool, "idle 1, dialed 1");
    }
  }

  // --- what receivers do ---

  @Test
  void aReceiverThatBlocksHoldsUpNobody() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 2);
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Void> slow =
        pool.acquireAsync()
            .thenAccept(
                lease -> {
                  blocked.countDown();
                  awaitQuietly(goOn);
                  lease.close();
                });
    CompletableFuture<Lease<FakeConn>> other = pool.acquireAsync();
    Caller<Lease<FakeConn>> third = beginWaiting(pool, pool::acquire);

    leases.get(0).close();
    blocked.await();
    leases.subList(1, leases.size()).forEach(Lease::close);

    result(other).close();
    third.result().close();
    assertFalse(slow.isDone());
    goOn.countDown();
    result(slow);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void aReceiverThatThrowsHurtsNobodyElse() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    CompletableFuture<Void> rude =
        pool.acquireAsync()
            .thenAccept(
                lease -> {
                  lease.close();
                  throw new AssertionError("rude");
                });
    CompletableFuture<Lease<FakeConn>> next = pool.acquireAsync();

    leases.remove(0).close();

    failure(AssertionError.class, rude);
    result(next).close();
    closeAll(leases);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aReceiverMayUseThePoolItself() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    List<CompletableFuture<Integer>> chains = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      chains.add(
          pool.acquireAsync()
              .thenCompose(
                  lease -> {
                    lease.close();
                    return pool.callAsync(c -> CompletableFuture.completedFuture(c.id()));
                  }));
    }

    closeAll(leases);

    for (CompletableFuture<Integer> chain : chains) {
      assertEquals(1, result(chain));
    }
    atRest(pool, "idle 1, dialed 1");
  }
}
