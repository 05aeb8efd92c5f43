package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Heartbeats, ages and rests: what a pool does with connections that nobody uses. */
abstract class HealthContract extends PoolContract {
  private static final Duration INTERVAL = Duration.ofSeconds(60);
  private static final Duration SECOND = Duration.ofSeconds(1);

  HealthContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void anUnusedConnectionGetsAHeartbeatInTheBackground() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    clock().advance(INTERVAL.dividedBy(2));
    still("not yet", () -> transport().connection(1).heartbeats() == 1);
    clock().advance(INTERVAL.dividedBy(2));

    PoolWorld.eventually(
        () -> "a second heartbeat", () -> transport().connection(1).heartbeats() == 2);
    atRest(pool, "idle 1, dialed 1");
  }

  /** The timers stand still: the pool slept, for instance because the machine did. */
  @ParameterizedTest
  @EnumSource
  void aConnectionIsNeverLentAfterALongerRestWithoutAHeartbeat(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    clock().advance(Duration.ofSeconds(5));
    clock().freeze(INTERVAL.plus(SECOND));
    FakeConn lent = path.use(pool, LIMIT);

    assertEquals(1, lent.id());
    assertEquals(2, lent.heartbeats());
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aConnectionThatFailsTheHeartbeatAfterARestIsReplaced() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    clock().advance(Duration.ofSeconds(5));
    transport().next(Function.HEARTBEAT, Step.THROW);

    clock().freeze(INTERVAL.plus(SECOND));

    assertEquals(2, pool.acquire().get().id());
    closedBecause(CloseReason.HEARTBEAT, transport().connection(1));
  }

  @Test
  void tryAcquireDoesNotWaitForTheHeartbeatAfterARest() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    clock().advance(Duration.ofSeconds(5));
    clock().freeze(INTERVAL.plus(SECOND));

    boolean atOnce = pool.tryAcquire().isPresent();

    if (!atOnce) {
      atRest(pool, "idle 1, dialed 1");
      assertTrue(pool.tryAcquire().isPresent());
    }
    assertEquals(2, transport().connection(1).heartbeats());
  }

  @Test
  void aConnectionThatFailsItsHeartbeatIsClosed() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 1);
    transport().next(Function.HEARTBEAT, Step.THROW_ERROR);

    clock().advance(INTERVAL.plusSeconds(10));

    closedBecause(CloseReason.HEARTBEAT, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aHungHeartbeatIsCutOffAndHoldsUpNobody() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 1);
    transport().next(Function.HEARTBEAT, Step.HANG);
    world.advanceUntil(SECOND, INTERVAL.plusSeconds(10), () -> pool.stats().checking() == 1);

    Caller<Lease<FakeConn>> caller = begin(pool::acquire);
    world.advanceUntil(Duration.ofMillis(50), SECOND, caller::isDone);
    assertEquals(2, caller.result().get().id());
    clock().advance(Duration.ofSeconds(5));

    closedBecause(CloseReason.HEARTBEAT, transport().connection(1));
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @Test
  void theHungHeartbeatOfOnePoolDoesNotDelayAnother() throws Exception {
    ConnPool<FakeConn> hung = poolOf(1);
    ConnPool<FakeConn> healthy = poolOf(1);
    fillIdle(hung, 1);
    transport().next(Function.HEARTBEAT, Step.HANG_DEAF);
    world.advanceUntil(SECOND, INTERVAL.plusSeconds(10), () -> hung.stats().checking() == 1);
    fillIdle(healthy, 1);

    clock().advance(INTERVAL.plusSeconds(10));

    PoolWorld.eventually(
        () -> "the healthy one's heartbeat", () -> transport().connection(2).heartbeats() == 2);
  }

  @Test
  void aLentConnectionIsLeftAlone() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);

    clock().advance(INTERVAL.multipliedBy(3));

    still("one heartbeat", () -> transport().connection(1).heartbeats() == 1);
    closeAll(leases);
  }

  @Test
  void aConnectionTooOldIsClosedWhenItsLeaseHasEnded() throws Exception {
    ConnPool<FakeConn> pool =
        pool(b -> b.maxActive(1).maxIdle(1).maxLifetime(Duration.ofMinutes(10)));
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    FakeConn connection = transport().connection(1);

    clock().advance(Duration.ofMinutes(12));
    still("open", () -> !connection.isClosed());
    closeAll(leases);
    world.advanceUntil(SECOND, Duration.ofSeconds(30), connection::isClosed);

    closedBecause(CloseReason.LIFETIME, connection);
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void theAgesOfConnectionsVaryByATenthSoThatAPoolNeverExpiresAllAtOnce() throws Exception {
    int count = 10;
    ConnPool<FakeConn> pool =
        pool(
            b ->
                b.maxActive(count)
                    .maxIdle(count)
                    .heartbeatInterval(Duration.ZERO)
                    .maxLifetime(Duration.ofSeconds(100)));
    fillIdle(pool, count);

    clock().advance(Duration.ofSeconds(89));
    still("none is too old", () -> pool.stats().closed() == 0);
    clock().advance(Duration.ofSeconds(11));
    PoolWorld.eventually(pool, "some were", stats -> stats.closed() > 0 && stats.idle() > 0);
    clock().advance(Duration.ofSeconds(12));

    atRest(pool, "dialed " + count + ", closed " + count);
    transport().connections().forEach(c -> closedBecause(CloseReason.LIFETIME, c));
  }

  @Test
  void connectionsBeyondMaxIdleAreClosedAfterTheIdleTimeOutAndNotBefore() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(4).maxIdle(1).idleTimeout(INTERVAL));
    fillIdle(pool, 3);

    clock().advance(INTERVAL.minus(SECOND));
    still("all there", () -> pool.stats().closed() == 0);
    clock().advance(Duration.ofSeconds(8));

    atRest(pool, "idle 1, dialed 3, closed 2");
    long idleReasons =
        transport().connections().stream()
            .filter(c -> transport().closeReason(c) == CloseReason.IDLE)
            .count();
    assertEquals(kind.closesWithReason() ? 2 : 0, idleReasons);
  }

  @Test
  void whatIsNeverIdleNeverExpires() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).idleTimeout(Duration.ofSeconds(10)));
    FakeConn first = pool.call(connection -> connection);

    for (int i = 0; i < 12; i++) {
      clock().advance(Duration.ofSeconds(5));
      FakeConn again = pool.call(connection -> connection);
      assertFalse(again.isClosed());
      assertEquals(first.id(), again.id());
    }
  }

  @Test
  void whatAHeartbeatKillsIsDialedAgainToKeepMinIdle() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(2).minIdle(1));
    atRest(pool, "idle 1, dialed 1");
    FakeConn first = transport().connection(1);
    transport().next(Function.HEARTBEAT, Step.THROW);

    clock().advance(INTERVAL.plusSeconds(5));
    closedBecause(CloseReason.HEARTBEAT, first);
    world.advanceUntil(SECOND, Duration.ofMinutes(1), () -> pool.stats().idle() == 1);

    assertNotSame(first, pool.acquire().get());
  }
}
