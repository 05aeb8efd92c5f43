package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.failureOf;
import static io.connpool.testkit.PoolWorld.outcome;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolClosedException;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The traps of commons-pool2: the numbers are those of section 5 of the study of the pools. 3, 8,
 * 10 and 16 are in {@link CommonsPoolUserCodeTrapsTest}; 15 (wall clock: the engine sees no other
 * clock than a monotonic one) and 17 (keyed pools) have no place here. The clock stands still
 * unless a test moves it.
 */
class CommonsPoolTrapsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /** How the connection of a lease may come to its end. */
  private enum End {
    RELEASE,
    INVALIDATE,
    STALE_AT_RELEASE,
    CALL_FAILS,
    CALL_RETIRES,
    DEAD_THEN_RELEASE,
    RETIRE_THEN_RELEASE
  }

  /** POOL-240, 303, 336, 340, 424. Guards: each of these says that capacity was freed. */
  @ParameterizedTest
  @EnumSource(End.class)
  void trap01_whateverEndsALeaseServesTheWaiter(End end) throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    AtomicReference<CompletableFuture<Lease<FakeConn>>> waiter = new AtomicReference<>();
    transport.verdict(end == End.CALL_RETIRES ? Verdict.RETIRE : Verdict.CLOSE);
    Lease<FakeConn> lease = pool.acquire();
    FakeConn connection = lease.get();
    if (end == End.CALL_FAILS || end == End.CALL_RETIRES) {
      lease.close();
      assertThrows(
          IOException.class,
          () ->
              pool.run(
                  c -> {
                    waiter.set(pool.acquireAsync());
                    throw new IOException("broken");
                  }));
    } else {
      waiter.set(pool.acquireAsync());
      world.clock().advance(Duration.ofNanos(1)); // the worker that dialed comes to its end
      transport.onRelease(end == End.STALE_AT_RELEASE ? Health.STALE : Health.CLEAN);
      switch (end) {
        case INVALIDATE -> lease.invalidate();
        case DEAD_THEN_RELEASE ->
            transport.context(connection).signals().dead(new IOException("reset"));
        case RETIRE_THEN_RELEASE -> transport.context(connection).signals().retire("goodbye");
        default -> {}
      }
      lease.close();
    }
    assertEquals(end == End.RELEASE ? 1 : 2, outcome(waiter.get()).get().id());
  }

  /** POOL-418, 420, 422. Guards: one deadline, however often a waiter starts to wait again. */
  @Test
  void trap04_aWaiterWhoseDialsFailedHalfwayStillWaitsExactlyItsTimeout() {
    transport.always(Function.DIAL, Step.HANG);
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxConcurrentDials(1).dialTimeout(Duration.ofMillis(600)));
    CompletableFuture<Lease<FakeConn>> oldest = pool.acquireAsync(MINUTE);
    AtomicReference<Duration> took = new AtomicReference<>();
    long began = world.clock().nanoTime();
    Thread next =
        world.spawn(
            () -> {
              assertThrows(AcquireTimeoutException.class, () -> pool.acquire(SECOND));
              took.set(Duration.ofNanos(world.clock().nanoTime() - began));
            });
    eventually(next::toString, () -> next.getState() == Thread.State.WAITING);
    world.clock().advance(Duration.ofMillis(600));
    assertInstanceOf(DialException.class, failureOf(oldest));
    world.clock().advance(Duration.ofMillis(400).minusNanos(1));
    assertEquals(1, pool.stats().pending());
    world.clock().advance(Duration.ofNanos(1));
    ends(next);
    assertEquals(SECOND, took.get());
  }

  /** Guards: no timeout is no wait, whatever is under way. */
  @Test
  void trap05_anAcquireThatMayNotWaitDoesNotWaitForADial() {
    transport.always(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    CompletableFuture<Lease<FakeConn>> other = pool.acquireAsync(MINUTE);
    assertThrows(AcquireTimeoutException.class, () -> pool.acquire(Duration.ZERO));
    assertInstanceOf(AcquireTimeoutException.class, failureOf(pool.acquireAsync(Duration.ZERO)));
    assertTrue(pool.tryAcquire().isEmpty());
    assertFalse(other.isDone());
    assertEquals(1, pool.stats().pending());
  }

  /** Guards: waiters park. */
  @Test
  void trap05_whoWaitsForADialAtTheLimitUsesNoProcessor() {
    transport.always(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).dialTimeout(Duration.ofDays(9)));
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      callers.add(
          world.spawn(
              () ->
                  assertThrows(
                      PoolClosedException.class, () -> pool.acquire(Duration.ofDays(99_999)))));
    }
    eventually(pool, "10 wait", stats -> stats.pending() == 10);
    callers.forEach(c -> eventually(c::toString, () -> c.getState() == Thread.State.WAITING));
    long before = callers.stream().mapToLong(CommonsPoolTrapsTest::cpuNanos).sum();
    long end = System.nanoTime() + Duration.ofMillis(50).toNanos();
    while (System.nanoTime() - end < 0) {
      assertTrue(callers.stream().allMatch(c -> c.getState() == Thread.State.WAITING));
    }
    long used = callers.stream().mapToLong(CommonsPoolTrapsTest::cpuNanos).sum() - before;
    assertTrue(used < 5_000_000, () -> "used " + used + " ns of 50 ms");
    pool.close(Duration.ZERO);
  }

  private static long cpuNanos(Thread thread) {
    return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId());
  }

  /** Guards: beyond maxIdle means sooner or later, not now. */
  @Test
  void trap07_aReleaseBeyondMaxIdleDoesNotClose() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxIdle(0));
    for (int i = 0; i < 100; i++) {
      pool.run(FakeConn::use);
    }
    assertEquals(100, transport.connection(1).uses());
    assertEquals(0, pool.stats().closed());
  }

  /** Guards: maintenance owns what it closes. */
  @Test
  void trap09_nobodysConnectionIsClosedOrCheckedUnderHim() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxLifetime(MINUTE).idleTimeout(MINUTE).heartbeatInterval(SECOND));
    Lease<FakeConn> lease = pool.acquire();
    FakeConn held = lease.get();
    world.clock().advance(MINUTE.multipliedBy(10));
    assertEquals(1, held.heartbeats());
    assertFalse(held.isClosed());
    lease.close();
    world.clock().advance(SECOND.multipliedBy(3));
    eventually(() -> "too old", () -> transport.closeReason(held) == CloseReason.LIFETIME);
  }

  /** POOL-248, 285. Guards: a lease that has ended fails every compare-and-set. */
  @Test
  void trap11_aStaleLeaseCannotHurtWhoeverHasTheConnectionNow() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> stale = pool.acquire();
    stale.close();
    stale.close();
    Lease<FakeConn> now = pool.acquire();
    stale.close();
    stale.invalidate(new IOException("late"));
    assertFalse(now.get().isClosed());
    assertEquals(3, pool.stats().misuses());
    assertEquals(1, pool.stats().leased());
    now.close();
    stale.invalidate();
    assertEquals(1, pool.stats().idle(), "idle, not the stale lease's to close");
    assertEquals(0, pool.stats().closed());
  }

  /** Guards: of two threads that end one lease exactly one does. */
  @Test
  void trap11_aReleaseAndAnInvalidationAtOnceCountOnce() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    for (int round = 0; round < 500; round++) {
      Lease<FakeConn> lease = pool.acquire();
      CountDownLatch both = new CountDownLatch(1);
      Thread other =
          world.spawn(
              () -> {
                both.await();
                lease.invalidate();
              });
      both.countDown();
      lease.close();
      ends(other);
      assertEquals(0, pool.stats().leases());
      assertEquals(pool.stats().idle(), pool.stats().total());
    }
  }

  /** POOL-263. Guards: a dial that returns into a closed pool is closed, its waiter told why. */
  @Test
  void trap12_aCloseDuringADialLeaksNothingAndInterruptsNobody() {
    transport.always(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
    AtomicReference<Boolean> interrupted = new AtomicReference<>();
    Thread waiter =
        world.spawn(
            () -> {
              assertThrows(PoolClosedException.class, pool::acquire);
              interrupted.set(Thread.currentThread().isInterrupted());
            });
    eventually(() -> "dials", () -> transport.dialing() == 1);
    Thread closer = world.spawn(() -> pool.close(Duration.ZERO));
    ends(waiter);
    assertEquals(false, interrupted.get());
    world.clock().advance(SECOND);
    ends(closer);
    transport.releaseAll();
    eventually(() -> "late", () -> transport.connections().size() == 1);
    FakeConn late = transport.connection(1);
    eventually(() -> "closed", () -> transport.closeReason(late) == CloseReason.LATE);
  }

  /** Guards: what close answers is about leases and closes, not about a dial that it cut off. */
  @Test
  void trap12_aCloseThatCutsADialOffIsACleanClose() {
    for (int round = 0; round < 20; round++) {
      transport.next(Function.DIAL, Step.HANG);
      ConnPool<FakeConn> pool = world.pool(b -> b);
      CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
      eventually(() -> "dials", () -> transport.dialing() == 1);
      assertTrue(pool.close(SECOND), "no lease was out, and no connection there to be closed");
      assertInstanceOf(PoolClosedException.class, failureOf(waiter));
    }
  }

  /** Guards: the world finds every connection that was dialed, lent or given back too late. */
  @Test
  void trap12_aCloseAmongUsersLeaksNothingAndTellsThemThatThePoolIsClosed() {
    for (int round = 0; round < 100; round++) {
      ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
      List<Thread> users = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        users.add(world.spawn(() -> useUntilClosed(pool)));
      }
      eventually(pool, "in use", stats -> stats.dialed() > 0);
      Thread closer = world.spawn(() -> pool.close(MINUTE));
      users.forEach(PoolWorld::ends);
      ends(closer);
      assertEquals(0, pool.stats().total());
    }
    assertEquals(List.of(), transport.open());
  }

  private static void useUntilClosed(ConnPool<FakeConn> pool) throws InterruptedException {
    try {
      while (true) {
        Lease<FakeConn> lease = pool.acquire();
        FakeConn connection = lease.get();
        connection.use();
        if (connection.uses() % 2 == 0) {
          lease.invalidate();
        } else {
          lease.close();
        }
      }
    } catch (PoolClosedException expected) {
      // how it ends
    }
  }

  /** Guards: a fair pool hands over; it does not put back and hope. */
  @Test
  void trap13_nobodyOvertakesAWaiterOfAFairPool() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).fair(true));
    for (int round = 0; round < 200; round++) {
      Lease<FakeConn> held = pool.acquire();
      CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
      held.close();
      assertTrue(pool.tryAcquire().isEmpty(), "it belongs to the waiter");
      outcome(waiter).close();
    }
  }

  /** POOL-421, 425. Guards: what is kept ready counts against maxActive like the rest. */
  @Test
  void trap14_minIdleNeitherWaitsForCapacityNorExceedsIt() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2).minIdle(2));
    eventually(pool, "ready without a sweep", stats -> stats.idle() == 2);
    Lease<FakeConn> one = pool.acquire();
    pool.acquire();
    world.clock().advance(MINUTE);
    assertEquals(2, transport.attempts());
    one.invalidate();
    eventually(pool, "ready again without a sweep", s -> s.idle() == 1 && s.leased() == 1);
    assertEquals(3, transport.attempts());
  }

  /** Guards: a pool works with the settings it was built with. */
  @Test
  void trap18_aBuilderThatIsUsedAgainDoesNotChangeAPool() throws Exception {
    PoolBuilder<FakeConn> builder = ConnPool.builder(transport).maxActive(1).attribute("k", 1);
    ConnPool<FakeConn> pool = world.pool(builder);
    builder.maxActive(5).attribute("k", 2);
    pool.acquire();
    assertThrows(AcquireTimeoutException.class, () -> pool.acquire(Duration.ZERO));
    assertEquals(1, pool.effectiveConfig().maxActive());
    assertEquals(1, transport.context(transport.connection(1)).attributes().get("k"));
  }
}
