package io.connpool.contract;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolConfig;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolListener;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Settings change while the pool works. */
@Timeout(60)
final class ReconfigureTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  private List<Lease<FakeConn>> take(ConnPool<FakeConn> pool, int howMany) throws Exception {
    List<Lease<FakeConn>> leases = new ArrayList<>();
    while (leases.size() < howMany) {
      leases.add(pool.acquire());
    }
    return leases;
  }

  @Test
  void aHigherLimitServesWhoWaits() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    pool.acquire();
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();

    PoolConfig config = pool.reconfigure(b -> b.maxActive(2));

    eventually(() -> "served", waiter::isDone);
    assertEquals(2, waiter.join().get().id());
    assertEquals(2, config.maxActive());
    assertSame(config, pool.effectiveConfig());
  }

  @Test
  void aLowerLimitClosesWhatIsIdleAtOnceAndWhatIsOutWhenItComesBack() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(4));
    List<Lease<FakeConn>> leases = take(pool, 4);
    leases.get(0).close();

    pool.reconfigure(b -> b.maxActive(2));

    eventually(pool, "the idle one is closed", s -> s.idle() == 0 && s.closed() == 1);
    leases.forEach(lease -> assertTrue(lease == leases.get(0) || lease.get() != null, "not cut"));
    leases.get(1).close();
    eventually(pool, "one more is closed", s -> s.total() == 2 && s.closed() == 2);
    leases.get(2).close();
    leases.get(3).close();
    eventually(pool, "two stay", s -> s.idle() == 2 && s.closed() == 2);
    eventually(
        () -> "both for the same reason",
        () ->
            world.transport().connections().stream()
                    .filter(c -> world.transport().closeReason(c) == CloseReason.SURPLUS)
                    .count()
                == 2);
  }

  @Test
  void theLowerLimitHoldsForDialsThatBeganUnderTheHigherOne() throws Exception {
    world.transport().always(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    for (int i = 0; i < 3; i++) {
      pool.acquireAsync();
    }
    eventually(() -> "three dials", () -> world.transport().dialing() == 3);
    pool.reconfigure(b -> b.maxActive(1));
    world.transport().releaseAll();
    eventually(pool, "all dials ended", s -> s.dialing() == 0 && s.total() == 3);
    assertEquals(3, pool.stats().leased(), "nobody who was promised one goes without");
  }

  @Test
  void aPolicyChangesForTheNextCaller() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    pool.acquire();
    pool.reconfigure(b -> b.whenExhausted(WhenExhausted.FAIL));
    assertThrows(PoolExhaustedException.class, pool::acquire);
    pool.reconfigure(b -> b.whenExhausted(WhenExhausted.OVERFLOW));
    assertEquals(2, pool.acquire().get().id());
    pool.reconfigure(b -> b.whenExhausted(WhenExhausted.WAIT).acquireTimeout(Duration.ZERO));
    assertThrows(AcquireTimeoutException.class, pool::acquire);
  }

  @Test
  void limitsOfTimeChangeForWhatExists() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    pool.acquire().close();
    pool.reconfigure(b -> b.idleTimeout(Duration.ofSeconds(5)));
    world.clock().advance(Duration.ofSeconds(8));
    eventually(pool, "it expired", s -> s.closed() == 1);
    eventually(
        () -> "for that reason",
        () -> world.transport().closeReason(world.transport().connection(1)) == CloseReason.IDLE);
  }

  @Test
  void minIdleIsDialedAtOnce() {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    pool.reconfigure(b -> b.minIdle(3));
    eventually(pool, "three ready", s -> s.idle() == 3);
  }

  @Test
  void changesAddUpAndDefaultsFollow() {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(2).whenExhausted(WhenExhausted.OVERFLOW).maxIdle(9));
    assertEquals(2, pool.effectiveConfig().maxIdle());
    pool.reconfigure(b -> b.maxActive(10));
    pool.reconfigure(b -> b.fair(true));
    PoolConfig config = pool.effectiveConfig();
    assertEquals(20, config.hardMax(), "twice maxActive was never set by hand");
    assertEquals(9, config.maxIdle(), "clamped no more");
    assertEquals(4, config.maxConcurrentDials());
    assertTrue(config.fair());
  }

  @Test
  void aChangeThatMakesNoSenseChangesNothing() {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    PoolConfig before = pool.effectiveConfig();
    IllegalArgumentException told =
        assertThrows(
            IllegalArgumentException.class, () -> pool.reconfigure(b -> b.maxActive(2).minIdle(3)));
    assertTrue(told.getMessage().contains("minIdle"), told::getMessage);
    assertTrue(told.getMessage().contains("3"), told::getMessage);
    assertSame(before, pool.effectiveConfig());
  }

  static final List<UnaryOperator<PoolBuilder<FakeConn>>> FORBIDDEN =
      List.of(
          b -> b.name("other"),
          b -> b.attribute("key", "value"),
          b -> b.heartbeat((c, limit) -> {}),
          b -> b.close(c -> {}),
          b -> b.probe(c -> null),
          b -> b.classify((c, failure) -> null),
          b -> b.listener(new PoolListener() {}),
          b -> ConnPool.builder(context -> null));

  @ParameterizedTest
  @FieldSource("FORBIDDEN")
  void whatARunningPoolCannotChangeIsRefused(UnaryOperator<PoolBuilder<FakeConn>> change) {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    PoolConfig before = pool.effectiveConfig();
    assertThrows(IllegalArgumentException.class, () -> pool.reconfigure(change));
    assertSame(before, pool.effectiveConfig());
  }

  @Test
  void ofTwoThreadsThatChangeSomethingBothAreHeard() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    for (int round = 1; round <= 200; round++) {
      int value = round;
      Thread other = world.spawn(() -> pool.reconfigure(b -> b.maxWaiters(value)));
      pool.reconfigure(b -> b.dialAttempts(value));
      other.join();
      assertEquals(value, pool.effectiveConfig().maxWaiters());
      assertEquals(value, pool.effectiveConfig().dialAttempts());
    }
  }

  @Test
  void anotherPoolCanBeMadeFromTheSettingsOfThisOne() {
    PoolConfig config =
        world
            .pool(
                b ->
                    b.name("orders")
                        .maxActive(3)
                        .whenExhausted(WhenExhausted.OVERFLOW)
                        .hardMax(5)
                        .maxWaiters(7)
                        .failFastAfter(2)
                        .leakThreshold(Duration.ofHours(1))
                        .attribute("user", "me"))
            .effectiveConfig();
    assertEquals(config, world.pool(b -> b.settings(config)).effectiveConfig());
  }

  // --- bounded waiters ---

  @Test
  void oneWaiterMoreThanAllowedIsRefusedAtOnceAndTheOthersWaitOn() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).maxWaiters(1));
    Lease<FakeConn> lease = pool.acquire();
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
    PoolExhaustedException told = assertThrows(PoolExhaustedException.class, pool::acquire);
    assertTrue(told.getMessage().contains("maxWaiters"), told::getMessage);
    assertEquals(1, told.stats().pending());
    assertFalse(waiter.isDone());
    lease.close();
    eventually(() -> "served", waiter::isDone);
    waiter.join().close();
    pool.acquire().close();
    assertEquals(0, pool.stats().pending());
  }

  @Test
  void aRefusedFutureFailsAndTakesNoPlace() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).maxWaiters(1));
    pool.acquire();
    pool.acquireAsync();
    CompletableFuture<Lease<FakeConn>> refused = pool.acquireAsync();
    assertTrue(refused.isCompletedExceptionally());
    assertInstanceOf(
        PoolExhaustedException.class, refused.handle((lease, failure) -> failure).join());
    assertEquals(1, pool.stats().pending());
  }

  /** Found by the demo: whoever waited kept every connection beyond the lower limit in use. */
  @Test
  void aLowerLimitIsReachedAlsoWhileCallersWaitForEveryConnection() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(4));
    List<Lease<FakeConn>> out = new ArrayList<>(take(pool, 4));
    for (int i = 0; i < 20; i++) {
      pool.acquireAsync().thenAccept(out::add);
    }

    pool.reconfigure(b -> b.maxActive(2));
    assertEquals(4, pool.stats().leased(), "no lease is cut");
    for (int i = 0; i < 4; i++) {
      out.get(i).close();
    }

    eventually(pool, "two are closed", s -> s.total() == 2 && s.pending() == 18);
    assertEquals(2, pool.stats().closedBy().get(CloseReason.SURPLUS));
    assertEquals(4, world.transport().attempts(), "none was dialed in their place");
  }

  @Test
  void whatWasBeingDialedWhenTheLimitWasLoweredGoesTooWhenItComesBack() throws Exception {
    world.transport().always(Function.DIAL, Step.SLOW);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3).maxConcurrentDials(3));
    List<CompletableFuture<Lease<FakeConn>>> waiters = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      waiters.add(pool.acquireAsync(Duration.ofHours(1)));
    }
    eventually(pool, "three dials", s -> s.dialing() == 3);

    pool.reconfigure(b -> b.maxActive(1));
    world.clock().advance(io.connpool.testkit.FakeTransport.SLOW);
    eventually(pool, "three came", s -> s.leased() == 3);
    world.clock().advance(Duration.ofSeconds(2)); // the keeper looks again
    for (CompletableFuture<Lease<FakeConn>> waiter : waiters) {
      if (waiter.isDone()) {
        waiter.join().close();
      }
    }

    eventually(pool, "one is left", s -> s.total() == 1 && s.dialing() == 0);
  }

  // --- evictAll and suspectAll ---

  @Test
  void evictAllClosesWhatIsIdleNowWhatIsOutLaterAndNothingThatIsDialedAfterwards()
      throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    List<Lease<FakeConn>> leases = take(pool, 2);
    leases.get(0).close();

    pool.evictAll();

    eventually(pool, "the idle one is gone", s -> s.idle() == 0 && s.closed() == 1);
    Lease<FakeConn> young = pool.acquire();
    assertEquals(3, young.get().id());
    assertEquals(2, leases.get(1).get().id(), "still usable");
    leases.get(1).close();
    eventually(pool, "the leased one is gone too", s -> s.closed() == 2);
    young.close();
    pool.acquire();
    assertNull(world.transport().closeReason(world.transport().connection(3)));
    eventually(
        () -> "closed because of that",
        () ->
            world.transport().closeReason(world.transport().connection(2)) == CloseReason.EVICTED);
  }

  @Test
  void aDialThatWasUnderWayWhenAllWereEvictedIsDialedAgainWithoutAPause() throws Exception {
    world.transport().next(Function.DIAL, Step.SLOW);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
    eventually(() -> "dials", () -> world.clock().parkedThreads() == 1);
    pool.evictAll();
    world.clock().advance(io.connpool.testkit.FakeTransport.SLOW);
    eventually(() -> "served", waiter::isDone);
    assertEquals(2, waiter.join().get().id());
    eventually(
        () -> "the first is closed",
        () -> world.transport().closeReason(world.transport().connection(1)) != null);
  }

  @Test
  void aLowerMinIdleNeedsNoSparesForThoseThatGrewOld() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.maxActive(2)
                    .minIdle(1)
                    .heartbeatInterval(Duration.ZERO)
                    .maxLifetime(Duration.ofSeconds(10)));
    eventually(() -> "one is idle", () -> pool.stats().idle() == 1);
    world.transport().next(Function.DIAL, Step.THROW); // the spare for it, so it is still lacking
    world.advanceUntil(
        Duration.ofSeconds(1), Duration.ofSeconds(12), () -> pool.stats().dialFailures() == 1);

    pool.reconfigure(b -> b.minIdle(0));
    pool.acquire().invalidate();
    world.clock().advance(Duration.ofMillis(900)); // longer than the pause, and no keeper comes by

    assertEquals(2, world.transport().attempts());
  }

  @Test
  void whatIsSuspectMustPassAHeartbeatBeforeItIsLentAgain() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
    pool.acquire().close();
    FakeConn first = world.transport().connection(1);
    assertEquals(1, first.heartbeats());

    pool.suspectAll();
    assertSame(first, pool.acquire().get());
    assertEquals(2, first.heartbeats());
  }

  @Test
  void whatIsSuspectAndFailsItsHeartbeatIsReplaced() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(2).heartbeatInterval(Duration.ZERO)); // suspicion is enough
    pool.acquire().close();
    world.transport().next(Function.HEARTBEAT, Step.THROW);
    pool.suspectAll();
    assertEquals(2, pool.acquire().get().id());
    eventually(
        () -> "closed because of that",
        () ->
            world.transport().closeReason(world.transport().connection(1))
                == CloseReason.HEARTBEAT);
  }
}
