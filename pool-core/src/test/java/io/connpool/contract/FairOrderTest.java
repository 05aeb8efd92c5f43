package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** The order in which waiters are served: strict with fair(true), nearly so without. */
final class FairOrderTest extends PoolContract {
  FairOrderTest() {
    super(PoolKind.FAIR);
  }

  @Test
  void waitersAreServedInTheOrderOfTheirArrival() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    List<Integer> served = new CopyOnWriteArrayList<>();
    List<Caller<Void>> waiters = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int number = i;
      waiters.add(beginWaiting(pool, recording(pool, served, number)));
    }

    lease.close();

    for (Caller<Void> waiter : waiters) {
      waiter.result();
    }
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), served);
  }

  private static Callable<Void> recording(
      ConnPool<FakeConn> pool, List<Integer> served, int number) {
    return () -> {
      try (Lease<FakeConn> lease = pool.acquire()) {
        lease.get().use();
        served.add(number);
      }
      return null;
    };
  }

  @Test
  void everyKindOfWaiterStandsInTheSameQueue() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    List<Integer> served = new CopyOnWriteArrayList<>();
    Caller<Void> first = beginWaiting(pool, recording(pool, served, 0));
    CompletableFuture<Void> second =
        pool.acquireAsync()
            .thenAccept(
                mine -> {
                  served.add(1);
                  mine.close();
                });
    Caller<Void> third =
        beginWaiting(
            pool,
            () -> {
              pool.run(connection -> served.add(2));
              return null;
            });
    CompletableFuture<Void> fourth =
        pool.callAsync(connection -> CompletableFuture.runAsync(() -> served.add(3)));
    Caller<Void> fifth = beginWaiting(pool, recording(pool, served, 4));

    lease.close();

    first.result();
    result(second);
    third.result();
    result(fourth);
    fifth.result();
    assertEquals(List.of(0, 1, 2, 3, 4), served);
  }

  @Test
  void whoeverGaveUpIsSkippedAndTheOthersKeepTheirOrder() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    List<Integer> served = new CopyOnWriteArrayList<>();
    Caller<?> interrupted = beginWaiting(pool, pool::acquire);
    Caller<Void> first = beginWaiting(pool, recording(pool, served, 1));
    CompletableFuture<?> cancelled = pool.acquireAsync();
    Caller<?> timedOut = beginWaiting(pool, () -> pool.acquire(Duration.ofMillis(1)));
    Caller<Void> second = beginWaiting(pool, recording(pool, served, 2));
    interrupted.interrupt();
    interrupted.failure(InterruptedException.class);
    cancelled.cancel(false);
    clock().advance(Duration.ofMillis(1));
    timedOut.failure(AcquireTimeoutException.class);

    lease.close();

    first.result();
    second.result();
    assertEquals(List.of(1, 2), served);
    atRest(pool, "idle 1, dialed 1, timeouts 1");
  }

  @Test
  void nobodyOvertakesAWaiter() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    for (int round = 0; round < 100; round++) {
      Lease<FakeConn> lease = pool.acquire();
      Semaphore goOn = new Semaphore(0);
      Caller<Void> waiter =
          beginWaiting(
              pool,
              () -> {
                pool.run(connection -> goOn.acquire());
                return null;
              });

      lease.close();
      Optional<Lease<FakeConn>> overtaking = pool.tryAcquire();
      assertFalse(overtaking.isPresent());
      assertThrows(AcquireTimeoutException.class, () -> pool.acquire(Duration.ZERO));
      goOn.release();
      waiter.result();
    }
  }

  @Test
  void aNewConnectionGoesToTheFirstInTheQueue() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(3).maxConcurrentDials(3));
    List<Caller<Lease<FakeConn>>> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiters.add(beginWaiting(pool, pool::acquire));
    }
    heldDials(permits, 3);

    for (int i = 0; i < 3; i++) {
      permits.release();
      waiters.get(i).result();
      for (int later = i + 1; later < 3; later++) {
        Caller<?> next = waiters.get(later);
        still("the next one waits", () -> !next.isDone());
      }
    }
  }

  @Test
  void anInvalidatedConnectionIsReplacedForTheFirstInTheQueue() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();
    Caller<Lease<FakeConn>> first = beginWaiting(pool, pool::acquire);
    Caller<Lease<FakeConn>> second = beginWaiting(pool, pool::acquire);

    lease.invalidate();

    assertEquals(2, first.result().get().id());
    still("the second waits", () -> !second.isDone());
    first.result().close();
    assertEquals(2, second.result().get().id());
  }

  /** Without fair: whoever asks may overtake, but not again once the waiter has noticed. */
  @Test
  void aWaiterThatWasWokenInVainGetsTheNextReleasedConnection() throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.maxActive(1).fair(false));
    for (int round = 0; round < 20; round++) {
      Lease<FakeConn> lease = pool.acquire();
      Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
      int overtakes = 0;
      while (true) {
        lease.close();
        Optional<Lease<FakeConn>> overtaking = pool.tryAcquire();
        if (overtaking.isEmpty()) {
          break;
        }
        lease = overtaking.get();
        overtakes++;
        assertTrue(overtakes <= 2, "the waiter starves");
        still("overtaken", () -> !waiter.isDone()); // and gives it the time to notice
      }
      waiter.result().close();
    }
  }
}
