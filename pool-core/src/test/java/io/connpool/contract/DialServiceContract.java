package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Dials: whom they serve, how many there are, and what they are told. */
abstract class DialServiceContract extends PoolContract {
  private static final Duration STEP = Duration.ofMillis(100);

  /** For waits whose length is not what the test is about. */
  private static final Duration PATIENT = Duration.ofHours(1);

  DialServiceContract(PoolKind kind) {
    super(kind);
  }

  // --- whom a dial serves ---

  @Test
  void aReleasedConnectionServesTheWaiterWhoseDialHangs() throws Exception {
    transport().next(Function.DIAL, Step.OK, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(2);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    PoolWorld.eventually(() -> "dialing", () -> transport().dialing() == 1);

    leases.get(0).close();

    assertEquals(1, waiter.result().get().id());
    atRest(pool, "leased 1, dialing 1, " + "leases " + kind.capacity() + ", dialed 1");
  }

  @Test
  void theDialOfACallerThatGaveUpServesTheNext() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<?> gaveUp = beginWaiting(pool, () -> pool.acquire(STEP));
    heldDials(permits, 1);
    clock().freeze(STEP);
    gaveUp.failure(AcquireTimeoutException.class);
    Caller<Lease<FakeConn>> next = beginWaiting(pool, pool::acquire);

    permits.release();

    assertEquals(1, next.result().get().id());
    assertEquals(1, transport().attempts());
  }

  @Test
  void aDialServesWhoeverWaitedFirst() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(2).maxConcurrentDials(1));
    List<Caller<Lease<FakeConn>>> firsts = new ArrayList<>();
    for (int i = 0; i < kind.capacity(); i++) {
      firsts.add(beginWaiting(pool, pool::acquire));
    }
    Caller<Lease<FakeConn>> second = beginWaiting(pool, pool::acquire);

    permits.release();

    for (Caller<Lease<FakeConn>> first : firsts) {
      assertEquals(1, first.result().get().id());
    }
    still("the second waits", () -> !second.isDone());
    permits.release();
    assertEquals(2, second.result().get().id());
  }

  // --- how many there are ---

  @Test
  void noMoreDialsRunAtOnceThanAllowed() throws Exception {
    transport().always(Function.DIAL, Step.SLOW);
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(8).maxConcurrentDials(2));
    List<Caller<Lease<FakeConn>>> callers = new ArrayList<>();
    for (int i = 0; i < 5 * kind.capacity(); i++) {
      callers.add(beginWaiting(pool, () -> pool.acquire(PATIENT)));
    }

    world.advanceUntil(STEP, PATIENT, () -> callers.stream().allMatch(Caller::isDone));

    assertEquals(2, transport().mostDialing());
  }

  @Test
  void noMoreConnectionsAreDialedThanMaxActive() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    takeAll(pool, 2);
    List<Caller<?>> waiters = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiters.add(beginWaiting(pool, pool::acquire));
    }

    clock().advance(Duration.ofSeconds(1));
    still("two were dialed", () -> transport().attempts() == 2);
    clock().advance(LIMIT);

    for (Caller<?> waiter : waiters) {
      waiter.failure(AcquireTimeoutException.class);
    }
    atRest(pool, taken(2) + ", dialed 2, timeouts 5");
  }

  @Test
  void minIdleConnectionsAreDialedInTheBackgroundAndKept() throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.maxActive(4).minIdle(2));
    atRest(pool, "idle 2, dialed 2");

    Lease<FakeConn> lease = pool.acquire();
    int lent = lease.get().id();
    lease.invalidate();

    world.advanceUntil(STEP, PATIENT, () -> pool.stats().idle() == 2);
    closedBecause(CloseReason.INVALIDATED, transport().connection(lent));
    assertNotEquals(lent, pool.acquire().get().id());
  }

  // --- where it runs and what it is told ---

  @Test
  void whatMayBlockRunsOnThreadsOfThePool() throws Exception {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    hooks.beforeDial = context -> threads.add(Thread.currentThread());
    hooks.beforeHeartbeat = connection -> threads.add(Thread.currentThread());
    hooks.beforeClose = connection -> threads.add(Thread.currentThread());
    ConnPool<FakeConn> pool = poolOf(1);

    pool.acquire().invalidate();
    pool.acquire().close();
    pool.close();

    assertFalse(threads.isEmpty());
    assertFalse(threads.contains(Thread.currentThread()));
  }

  @Test
  void aDialIsToldItsTimeItsAttemptAndTheAttributes() throws Exception {
    AtomicReference<Duration> remaining = new AtomicReference<>();
    hooks.beforeDial = context -> remaining.set(context.remaining());
    ConnPool<FakeConn> pool =
        pool(b -> b.dialTimeout(Duration.ofSeconds(7)).attribute("user", "me"));

    DialContext context = transport().context(pool.acquire().get());

    assertEquals(Duration.ofSeconds(7), remaining.get());
    assertEquals(1, context.attempt());
    assertEquals(Map.of("user", "me"), context.attributes());
    assertThrows(
        UnsupportedOperationException.class, () -> context.attributes().put("user", "you"));
    assertNull(transport().closeReason(transport().connection(1)));
  }
}
