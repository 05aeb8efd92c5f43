package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.LeaseTimes;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** Getting a connection that is there, or that only has to be dialed. */
abstract class AcquireContract extends PoolContract {
  AcquireContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void theFirstCallerGetsAConnectionDialedAndCheckedForIt() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);

    Lease<FakeConn> lease = pool.acquire();

    assertEquals(1, lease.get().id());
    assertEquals(1, lease.get().heartbeats());
    atRest(pool, "leased 1, leases 1, dialed 1");
  }

  @Test
  void aPoolThatNobodyAskedDialsNothing() {
    ConnPool<FakeConn> pool = poolOf(2);

    clock().advance(Duration.ofSeconds(10));

    still("nothing dialed", () -> transport().attempts() == 0);
    atRest(pool, "");
  }

  @Test
  void aReleasedConnectionIsLentAgainInsteadOfADial() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);

    for (int i = 0; i < 10; i++) {
      try (Lease<FakeConn> lease = pool.acquire()) {
        assertEquals(1, lease.get().id());
      }
    }

    atRest(pool, "idle 1, dialed 1");
  }

  @ParameterizedTest
  @EnumSource
  void everyLeaseIsCountedHoweverItWasTaken(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    path.use(pool, LIMIT); // had to wait for its dial
    path.use(pool, LIMIT);
    pool.tryAcquire().orElseThrow().close();

    assertEquals(3, pool.stats().leaseTimes().count());
  }

  @Test
  void theTimeThatLeasesAreOutIsAddedUpByTheSecond() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Duration before = pool.stats().leaseTimes().total();

    clock().advance(Duration.ofSeconds(10));
    closeAll(leases);
    clock().advance(Duration.ofSeconds(10));

    LeaseTimes times = pool.stats().leaseTimes();
    assertEquals(Duration.ZERO, before);
    assertEquals(Duration.ofSeconds(10L * kind.capacity()), times.total());
    assertEquals(Duration.ofSeconds(10), times.mean());
  }

  @Test
  void aLeaseGivesTheSameConnectionEveryTime() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);

    try (Lease<FakeConn> lease = pool.acquire()) {
      assertSame(lease.get(), lease.get());
    }
  }

  @Test
  void callersAtTheSameTimeGetAsManyPlacesAsThereAre() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);

    Set<FakeConn> lent = new HashSet<>();
    for (Lease<FakeConn> lease : takeAll(pool, 3)) {
      lent.add(lease.get());
    }

    assertEquals(3, lent.size());
    atRest(pool, taken(3) + ", dialed 3");
  }

  @ParameterizedTest
  @EnumSource
  void everyPathDialsWhenThePoolIsEmpty(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);

    assertEquals(1, path.use(pool, LIMIT).id());

    atRest(pool, "idle 1, dialed 1");
  }

  @ParameterizedTest
  @EnumSource
  void everyPathTakesAnIdleConnectionAndGivesItBack(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 1);

    for (int i = 0; i < 3; i++) {
      assertEquals(1, path.use(pool, Duration.ZERO).id());
      atRest(pool, "idle 1, dialed 1");
    }
  }

  /** Many times, because a superfluous dial may be a matter of luck. */
  @Test
  void oneCallerCostsOneDial() throws Exception {
    for (int i = 0; i < 50; i++) {
      ConnPool<FakeConn> pool = poolOf(2);
      keep(pool.acquire());
      PoolWorld.eventually(pool, "no dial", stats -> stats.dialing() == 0);
      assertEquals("leased 1, leases 1, dialed 1", figures(pool.stats()));
    }
  }

  @Test
  void differentLeasesOfOneConnectionAreDifferentLeases() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> first = pool.acquire();
    FakeConn connection = first.get();
    first.close();

    Lease<FakeConn> second = pool.acquire();

    assertNotNull(connection);
    assertSame(connection, second.get());
    assertNotSame(first, second);
  }

  // --- no time at all ---

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"ACQUIRE_LIMIT", "CALL_LIMIT", "RUN_LIMIT", "ACQUIRE_ASYNC_LIMIT"})
  void aLimitOfZeroFailsWithoutWaitingWhenEverythingIsOut(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);

    AcquireTimeoutException failure =
        assertThrows(AcquireTimeoutException.class, () -> path.use(pool, Duration.ZERO));

    assertSame(AcquireTimeoutException.Phase.RELEASE, failure.phase());
    atRest(pool, taken(1) + ", dialed 1, timeouts 1");
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"ACQUIRE_LIMIT", "CALL_LIMIT", "RUN_LIMIT", "ACQUIRE_ASYNC_LIMIT"})
  void anAcquireTimeoutOfZeroMakesEveryOtherPathFailWithoutWaiting(AccessPath path)
      throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).acquireTimeout(Duration.ZERO));
    pool.tryAcquire();
    atRest(pool, "idle 1, dialed 1");
    takeAll(pool, 1);

    assertThrows(AcquireTimeoutException.class, () -> path.use(pool, LIMIT));

    atRest(pool, taken(1) + ", dialed 1, timeouts 1");
  }

  @Test
  void aLimitOfZeroDoesNotWaitForADial() {
    transport().always(Function.DIAL, Step.HANG);
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(AcquireTimeoutException.class, () -> pool.acquire(Duration.ZERO));

    assertEquals(0, pool.stats().pending());
    assertEquals(1, pool.stats().timeouts());
  }

  // --- all the time in the world ---

  @ParameterizedTest
  @EnumSource
  void aLimitThatNoClockCanExpressWaitsAndIsServed(AccessPath path) throws Exception {
    Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).acquireTimeout(forEver));
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<FakeConn> waiter = beginWaiting(pool, () -> path.use(pool, forEver));

    clock().advance(Duration.ofMinutes(1));
    still("the caller waits", () -> !waiter.isDone() && pool.stats().pending() == 1);
    closeAll(leases);

    assertEquals(1, waiter.result().id());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT2562047H47M16.854775807S", "PT2562047H", "P106751D"})
  void aLimitNearTheEndOfLongWaits(Duration almostForEver) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);

    Caller<?> blocked = beginWaiting(pool, () -> pool.acquire(almostForEver));
    var queued = pool.acquireAsync(almostForEver);

    clock().advance(Duration.ofMinutes(1));
    still("both wait", () -> !blocked.isDone() && !queued.isDone());
    assertEquals(2, pool.stats().pending());
    queued.cancel(false);
    blocked.interrupt();
    blocked.failure(InterruptedException.class);
  }

  // --- nonsense ---

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"ACQUIRE_LIMIT", "CALL_LIMIT", "RUN_LIMIT", "ACQUIRE_ASYNC_LIMIT"})
  void aNegativeLimitIsRejectedAndQuoted(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    for (Duration negative : List.of(Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
      IllegalArgumentException rejected =
          assertThrows(IllegalArgumentException.class, () -> path.use(pool, negative));
      assertTrue(rejected.getMessage().contains(negative.toString()), rejected::getMessage);
    }
    atRest(pool, "idle 1, dialed 1");
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"ACQUIRE_LIMIT", "CALL_LIMIT", "RUN_LIMIT", "ACQUIRE_ASYNC_LIMIT"})
  void aMissingLimitIsRejectedAndTakesNothing(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    assertThrows(NullPointerException.class, () -> path.use(pool, null));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aMissingBodyIsRejectedAndTakesNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    assertThrows(NullPointerException.class, () -> pool.call(null));
    assertThrows(NullPointerException.class, () -> pool.run(null));
    assertThrows(NullPointerException.class, () -> pool.call(LIMIT, null));
    assertThrows(NullPointerException.class, () -> pool.run(LIMIT, null));
    assertInstanceOf(NullPointerException.class, failureOfMissingAsyncBody(pool));

    atRest(pool, "idle 1, dialed 1");
  }

  /** Thrown or in the future: both tell the caller. */
  private static Throwable failureOfMissingAsyncBody(ConnPool<FakeConn> pool) throws Exception {
    try {
      return failure(Throwable.class, pool.callAsync(null));
    } catch (NullPointerException thrown) {
      return thrown;
    }
  }
}
