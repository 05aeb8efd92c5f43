package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.failureOf;
import static io.connpool.testkit.PoolWorld.outcome;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolException;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What users of other pools complain about and no other test here is about: the numbers are those
 * of section 3 of the study of the pools. The clock stands still unless a test moves it.
 */
class PoolComplaintsTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /** HikariCP#2186. Guards: a dial that takes long is not counted on for ever. */
  @Test
  void complaint13_aHungDialLeftByAnotherDoesNotKeepTheNextCallerFromHisOwn() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.dialTimeout(MINUTE));
    Lease<FakeConn> held = pool.acquire();
    transport.next(Function.DIAL, Step.HANG_DEAF);
    CompletableFuture<Lease<FakeConn>> another = pool.acquireAsync(MINUTE);
    eventually(() -> "hangs", () -> transport.dialing() == 1);
    held.close();
    assertEquals(1, outcome(another).get().id());
    CompletableFuture<Lease<FakeConn>> next = pool.acquireAsync(MINUTE);
    world.clock().advance(Duration.ofSeconds(2));
    assertTrue(next.isDone(), () -> "waits for the dial of another: " + pool.stats());
    assertEquals(1, transport.dialing());
  }

  /**
   * golang/go#57248. Guards: what is bad as soon as it is dialed (a server that greets, a balancer
   * that accepts and resets) is dialed again with the pauses of a failed dial.
   */
  @Test
  void complaint14_connectionsThatAreBadFromTheStartAreNotDialedInAStorm() {
    ConnPool<FakeConn> pool = world.pool(b -> b.probe(connection -> Health.DIRTY));
    CompletableFuture<Lease<FakeConn>> caller = pool.acquireAsync(Duration.ofSeconds(2));
    for (int i = 0; i < 100; i++) {
      world.clock().advance(Duration.ofMillis(20));
      assertTrue(transport.attempts() <= 60, () -> "too many: " + pool.stats());
    }
    assertInstanceOf(PoolException.class, failureOf(caller));
  }

  /** The same for minIdle, which needs no caller to go on for ever. */
  @Test
  void complaint14_minIdleOfConnectionsThatDieAtBirthIsNotAStorm() {
    world.pool(stillborn(Integer.MAX_VALUE).minIdle(1));
    for (int i = 0; i < 100; i++) {
      world.clock().advance(Duration.ofMillis(20));
      assertTrue(transport.attempts() <= 60, () -> "too many: " + transport.attempts());
    }
  }

  /** Guards: a signal given during the dial counts as soon as the dial is over. */
  @Test
  void complaint27_aConnectionThatDiedDuringItsDialIsNotLent() {
    ConnPool<FakeConn> pool = world.pool(stillborn(1));
    CompletableFuture<Lease<FakeConn>> caller = pool.acquireAsync();
    world.clock().advance(Duration.ofSeconds(1));
    assertEquals(2, outcome(caller).get().id());
  }

  /** So many connections report their death before their dial has returned. */
  private PoolBuilder<FakeConn> stillborn(int howMany) {
    return ConnPool.<FakeConn>builder(
            context -> {
              FakeConn connection = transport.dial(context);
              if (connection.id() <= howMany) {
                context.signals().dead(new IOException("stillborn"));
              }
              return connection;
            })
        .close(connection -> transport.close(connection, CloseReason.DEAD));
  }

  /** HikariCP#774. Guards: demand is looked at again whenever it may have changed. */
  @Test
  void complaint15_aBurstMakesNoMoreConnectionsThanItNeeds() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(50).maxConcurrentDials(4));
    Lease<FakeConn> held = pool.acquire();
    transport.always(Function.DIAL, Step.HANG);
    List<CompletableFuture<Void>> burst = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      burst.add(pool.acquireAsync().thenAccept(Lease::close));
    }
    held.close();
    burst.forEach(PoolWorld::outcome);
    assertTrue(transport.attempts() <= 5, () -> transport.attempts() + " dials");
  }

  /** pgx#1259. Guards: a dial belongs to the pool and outlives the caller it was begun for. */
  @Test
  void complaint16_whatWasDialedForACallerWhoGaveUpServesTheNext() throws Exception {
    transport.always(Function.DIAL, Step.SLOW);
    ConnPool<FakeConn> pool = world.pool(b -> b.dialTimeout(MINUTE));
    CompletableFuture<Lease<FakeConn>> impatient = pool.acquireAsync(Duration.ofMillis(100));
    eventually(() -> "dials", () -> world.clock().parkedThreads() == 1);
    world.clock().advance(Duration.ofMillis(100));
    assertInstanceOf(AcquireTimeoutException.class, failureOf(impatient));
    world.clock().advance(FakeTransport.SLOW);
    eventually(pool, "idle", stats -> stats.idle() == 1);
    assertEquals(1, pool.call(c -> c).id());
  }

  /** HikariCP#2258. Guards: what tryAcquire asks for is not forgotten. */
  @Test
  void complaint18_tryAcquireBelowMaxActiveAlwaysBeginsADial() throws Exception {
    for (int round = 0; round < 50; round++) {
      ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
      pool.acquire();
      assertTrue(pool.tryAcquire().isEmpty());
      eventually(pool, "a second one", stats -> stats.idle() == 1);
    }
  }

  /** lettuce#3607, httpcore#294. Guards: a lease on its way to who has left goes to another. */
  @Test
  void complaint23_aCallerWhoLeavesWhileHeIsServedTakesNothingAlong() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    for (int round = 0; round < 2_000; round++) {
      Lease<FakeConn> held = pool.acquire();
      CompletableFuture<Lease<FakeConn>> leaving = pool.acquireAsync();
      Thread other = world.spawn(held::close);
      if (!leaving.cancel(false)) {
        outcome(leaving).close();
      }
      ends(other);
      eventually(pool, "it is back", s -> s.idle() == 1 && s.leases() == 0 && s.pending() == 0);
    }
    assertEquals(1, transport.attempts());
  }

  /**
   * HikariCP#2348. Guards: what a connection says about itself counts from the moment it says it.
   */
  @Test
  void complaint27_aConnectionThatReportedItsDeathIsNotLentAgain() throws Exception {
    for (int round = 0; round < 300; round++) {
      ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
      Lease<FakeConn> lease = pool.acquire();
      FakeConn dead = lease.get();
      transport.context(dead).signals().dead(new IOException("reset"));
      lease.close();
      assertNotSame(dead, pool.acquire().get(), "in round " + round);
    }
  }

  /** pgx#1164, bb8#123. Guards: the new one is there before the old one goes. */
  @Test
  void complaint29_theLastMinIdleIsClosedForItsAgeOnlyOnceItsReplacementIsThere() {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(2).minIdle(1).maxLifetime(MINUTE).dialTimeout(MINUTE));
    eventually(pool, "ready", stats -> stats.idle() == 1);
    FakeConn old = transport.connection(1);
    transport.next(Function.DIAL, Step.HANG_DEAF);
    world.advanceUntil(
        Duration.ofSeconds(1), MINUTE.multipliedBy(2), () -> transport.dialing() == 1);
    for (int second = 0; second < 5; second++) {
      world.clock().advance(Duration.ofSeconds(1));
      assertFalse(old.isClosed(), "its replacement is still being dialed");
    }
    transport.releaseAll();
    eventually(pool, "both", stats -> stats.idle() == 2);
    world.clock().advance(Duration.ofSeconds(2));
    eventually(() -> "closed", () -> transport.closeReason(old) == CloseReason.LIFETIME);
  }

  /** r2d2#48. Guards: a spare that is no longer wanted is not dialed. */
  @Test
  void complaint29_toReplaceThreeOldOnesTakesThreeDials() {
    ConnPool<FakeConn> pool = world.pool(b -> b.minIdle(3).maxLifetime(MINUTE.multipliedBy(10)));
    eventually(pool, "ready", stats -> stats.idle() == 3);
    for (int second = 0; second < 665; second++) {
      world.clock().advance(Duration.ofSeconds(1));
    }
    assertEquals(3, pool.stats().closed());
    assertEquals(6, transport.attempts());
    assertEquals(3, pool.stats().idle());
  }

  /** HikariCP#2004. Guards: each connection has a lifetime of its own. */
  @Test
  void complaint30_connectionsDialedTogetherDoNotExpireTogether() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(50).maxIdle(50).maxLifetime(MINUTE.multipliedBy(10)));
    List<Lease<FakeConn>> leases = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      leases.add(pool.acquire());
    }
    leases.forEach(Lease::close);
    world.clock().advance(MINUTE.multipliedBy(9));
    assertEquals(0, pool.stats().closed());
    long most = 0;
    for (int i = 0; i < 12; i++) {
      long before = pool.stats().closed();
      world.clock().advance(Duration.ofSeconds(11));
      most = Math.max(most, pool.stats().closed() - before);
    }
    assertEquals(50, pool.stats().closed());
    assertTrue(most <= 15, most + " of 50 in a twelfth of the time");
  }

  /** Agroal#214. Guards: all of an attempt, its heartbeat included, is within one limit. */
  @Test
  void complaint13_theFirstHeartbeatComesOutOfTheTimeOfTheDial() {
    transport.next(Function.DIAL, Step.SLOW).next(Function.HEARTBEAT, Step.HANG);
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(1).dialTimeout(FakeTransport.SLOW.plusMillis(500)));
    CompletableFuture<Lease<FakeConn>> caller = pool.acquireAsync(MINUTE);
    eventually(() -> "dials", () -> world.clock().parkedThreads() == 1);
    world.clock().advance(FakeTransport.SLOW);
    eventually(() -> "beats", () -> transport.heartbeating() == 1);
    world.clock().advance(Duration.ofMillis(500).minusNanos(1));
    assertFalse(caller.isDone());
    world.clock().advance(Duration.ofNanos(1));
    assertInstanceOf(DialException.class, failureOf(caller));
  }

  /** r2dbc-pool#140. Guards: what a caller does with his lease cannot hold up the pool. */
  @Test
  void complaint21_aCallbackThatBlocksHoldsUpNobodyElse() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Set<Thread> completers = ConcurrentHashMap.newKeySet();
    // nobody is served before everybody has his callback, which would run here otherwise
    transport.always(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2).maxConcurrentDials(1));
    List<CompletableFuture<Lease<FakeConn>>> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      CompletableFuture<Lease<FakeConn>> caller = pool.acquireAsync();
      caller.whenComplete(
          (lease, failure) -> {
            completers.add(Thread.currentThread());
            awaitUninterruptibly(release);
          });
      callers.add(caller);
    }
    transport.releaseAll();
    Lease<FakeConn> first = outcome(callers.get(0));
    Lease<FakeConn> second = outcome(callers.get(1));
    FakeConn one = first.get();
    FakeConn two = second.get();
    first.close();
    assertSame(one, outcome(callers.get(2)).get());
    second.close();
    assertSame(two, outcome(callers.get(3)).get());
    assertFalse(completers.contains(Thread.currentThread()), "completed by who released");
    release.countDown();
  }

  /** The same for the thread that all pools share; the test's is the one that fires timers. */
  @Test
  void complaint21_aTimeoutIsNotToldOnTheThreadOfTheTimers() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    pool.acquire();
    CompletableFuture<Thread> told = new CompletableFuture<>();
    pool.acquireAsync(Duration.ofMillis(10))
        .whenComplete((lease, failure) -> told.complete(Thread.currentThread()));
    world.clock().advance(Duration.ofMillis(10));
    assertNotSame(Thread.currentThread(), outcome(told));
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
