package io.connpool.internal;

import static io.connpool.testkit.FakeTransport.Function.DIAL;
import static io.connpool.testkit.FakeTransport.Function.HEARTBEAT;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The rules of time: what happens to connections that nobody uses. */
class KeeperTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  private static final Duration PASS = Duration.ofSeconds(1);

  private final FakeTransport transport = world.transport();

  /** Leases so many connections at once and releases them, so that they are idle. */
  private static void fill(ConnPool<FakeConn> pool, int howMany) throws InterruptedException {
    List<Lease<FakeConn>> leases = new ArrayList<>();
    for (int i = 0; i < howMany; i++) {
      leases.add(pool.acquire());
    }
    leases.forEach(Lease::close);
  }

  @Test
  void whatIsIdleBeyondMaxIdleIsClosedAfterTheIdleTimeoutAndTheRestStays() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.maxActive(3)
                    .maxIdle(2)
                    .idleTimeout(Duration.ofSeconds(120))
                    .maxLifetime(Duration.ZERO));
    fill(pool, 3);
    world.clock().advance(Duration.ofSeconds(119));
    assertEquals(3, pool.stats().idle());
    world.clock().advance(Duration.ofSeconds(2));
    eventually(pool, "two idle", s -> s.idle() == 2 && s.total() == 2);
    world.clock().advance(Duration.ofHours(1));
    eventually(pool, "two still idle", s -> s.total() == 2);
    FakeConn gone = transport.connections().stream().filter(FakeConn::isClosed).findAny().get();
    assertEquals(CloseReason.IDLE, transport.closeReason(gone));
  }

  @Test
  void theMostRecentlyUsedAreTheOnesThatStay() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(3).maxIdle(1).idleTimeout(Duration.ofSeconds(100)));
    Lease<FakeConn> first = pool.acquire();
    Lease<FakeConn> second = pool.acquire();
    Lease<FakeConn> third = pool.acquire();
    FakeConn last = third.get();
    first.close();
    second.close();
    world.clock().advance(Duration.ofSeconds(30));
    third.close();
    world.clock().advance(Duration.ofSeconds(150));
    eventually(pool, "one idle", s -> s.total() == 1);
    assertEquals(List.of(last), transport.open());
  }

  @Test
  void lightLoadPacksIntoOneConnectionAndTheOthersExpire() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(10).maxIdle(0).idleTimeout(Duration.ofSeconds(20)));
    fill(pool, 10);
    for (int second = 0; second < 30; second++) {
      for (int call = 0; call < 20; call++) {
        // each from a thread of its own, as requests on virtual threads would come
        Thread caller = world.spawn(() -> pool.run(FakeConn::use));
        caller.join();
      }
      world.clock().advance(PASS);
    }
    eventually(pool, "one connection left", s -> s.total() == 1);
  }

  @Test
  void idleConnectionsGetAHeartbeatOnceUnusedForTheInterval() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(1).maxIdle(1).heartbeatInterval(Duration.ofSeconds(60)));
    fill(pool, 1);
    FakeConn connection = transport.connection(1);
    assertEquals(1, connection.heartbeats(), "the one after the dial");
    world.clock().advance(Duration.ofSeconds(53));
    assertEquals(1, connection.heartbeats());
    world.clock().advance(Duration.ofSeconds(7));
    eventually(() -> "second heartbeat", () -> connection.heartbeats() == 2);
    eventually(pool, "idle again", s -> s.idle() == 1);
    world.clock().advance(Duration.ofSeconds(45));
    assertEquals(2, connection.heartbeats(), "not more often than the interval");
  }

  @Test
  void aConnectionInUseGetsNoHeartbeat() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(1).maxIdle(1).heartbeatInterval(Duration.ofSeconds(60)));
    for (int i = 0; i < 200; i++) {
      pool.run(FakeConn::use);
      world.clock().advance(PASS);
    }
    assertEquals(1, transport.connection(1).heartbeats());
    assertEquals(1, transport.connections().size());
  }

  @Test
  void aFailedHeartbeatClosesAndMinIdleIsDialedAgain() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(5).minIdle(5).heartbeatInterval(Duration.ofSeconds(60)));
    eventually(pool, "five idle", s -> s.idle() == 5);
    Set<FakeConn> before = new HashSet<>(transport.connections());
    before.forEach(FakeConn::kill);
    world.advanceUntil(
        PASS, Duration.ofSeconds(65), () -> before.stream().allMatch(FakeConn::isClosed));
    eventually(pool, "five idle again", s -> s.idle() == 5 && s.dialing() == 0);
    assertTrue(transport.open().stream().noneMatch(before::contains));
  }

  @Test
  void aParkedConnectionThatDiesIsFoundByTheProbeWithinTwoPasses() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2).maxIdle(2));
    fill(pool, 1);
    transport.connection(1).kill();
    world.advanceUntil(PASS, Duration.ofSeconds(4), () -> transport.connection(1).isClosed());
    assertEquals(CloseReason.STALE, transport.closeReason(transport.connection(1)));
  }

  @Test
  void aPoolThatSleptLendsNothingWithoutAHeartbeat() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(1).maxIdle(1).heartbeatInterval(Duration.ofSeconds(60)));
    fill(pool, 1);
    world.clock().advance(Duration.ofSeconds(2)); // parked
    world.clock().freeze(Duration.ofHours(8)); // no timer fires
    int before = transport.connection(1).heartbeats();
    try (Lease<FakeConn> lease = pool.acquire()) {
      assertSame(transport.connection(1), lease.get());
      assertEquals(before + 1, lease.get().heartbeats());
    }
  }

  @Test
  void aPoolThatSleptReplacesWhatDiedMeanwhile() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).maxIdle(1));
    fill(pool, 1);
    world.clock().advance(Duration.ofSeconds(2));
    world.clock().freeze(Duration.ofHours(8));
    transport.next(HEARTBEAT, Step.THROW);
    try (Lease<FakeConn> lease = pool.acquire()) {
      assertSame(transport.connection(2), lease.get());
    }
    FakeConn dead = transport.connection(1);
    eventually(
        () -> "closed for " + transport.closeReason(dead),
        () -> transport.closeReason(dead) == CloseReason.HEARTBEAT);
  }

  @Test
  void aHangingCheckDoesNotHoldUpAWaiterWhenOneMoreMayBeDialed() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2).maxIdle(2));
    fill(pool, 1);
    world.clock().advance(Duration.ofSeconds(2));
    world.clock().freeze(Duration.ofMinutes(10));
    transport.next(HEARTBEAT, Step.HANG);
    var lease = pool.acquireAsync();
    eventually(() -> "the check hangs", () -> transport.heartbeating() == 1);
    assertEquals(1, transport.attempts(), "a check that is young counts as help");
    world.clock().advance(Duration.ofMillis(250));
    try (Lease<FakeConn> served = lease.get()) {
      assertSame(transport.connection(2), served.get());
    }
  }

  @Test
  void connectionsRetireAtTheirLifetimeGiveOrTakeATenth() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.maxActive(20)
                    .maxIdle(20)
                    .heartbeatInterval(Duration.ZERO)
                    .maxLifetime(Duration.ofMinutes(10)));
    fill(pool, 20);
    world.clock().advance(Duration.ofMinutes(9).minusSeconds(1));
    assertEquals(20, transport.open().size());
    world.advanceUntil(PASS, Duration.ofMinutes(3), () -> transport.open().size() <= 15);
    assertTrue(transport.open().size() > 5, "not all at once");
    world.advanceUntil(PASS, Duration.ofMinutes(3), () -> transport.open().isEmpty());
    assertEquals(CloseReason.LIFETIME, transport.closeReason(transport.connection(1)));
  }

  @Test
  void aLeasedConnectionOutlivesItsLifetimeAndIsClosedOnRelease() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).maxLifetime(Duration.ofMinutes(1)));
    Lease<FakeConn> lease = pool.acquire();
    FakeConn connection = lease.get();
    world.clock().advance(Duration.ofMinutes(5));
    assertFalse(connection.isClosed());
    assertSame(connection, lease.get());
    lease.close();
    eventually(() -> "closed", connection::isClosed);
    assertEquals(CloseReason.LIFETIME, transport.closeReason(connection));
    assertEquals(0, pool.stats().misuses());
  }

  @Test
  void minIdleIsReplacedBeforeTheOldOneGoes() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.maxActive(4)
                    .minIdle(2)
                    .heartbeatInterval(Duration.ZERO)
                    .maxLifetime(Duration.ofMinutes(10)));
    eventually(pool, "two idle", s -> s.idle() == 2);
    int[] fewest = {Integer.MAX_VALUE};
    world.advanceUntil(
        PASS,
        Duration.ofMinutes(13),
        () -> {
          fewest[0] = Math.min(fewest[0], transport.open().size());
          return transport.connection(1).isClosed() && transport.connection(2).isClosed();
        });
    assertEquals(2, fewest[0]);
  }

  @Test
  void minIdleIsDialedInTheBackgroundAndRefilledWhenConnectionsAreOut() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(5).minIdle(2));
    eventually(pool, "two idle", s -> s.idle() == 2);
    Lease<FakeConn> one = pool.acquire();
    Lease<FakeConn> two = pool.acquire();
    world.clock().advance(PASS);
    eventually(pool, "two more", s -> s.idle() == 2 && s.leased() == 2);
    assertNotSame(one.get(), two.get());
    one.close();
    two.close();
    assertEquals(4, pool.stats().total());
  }

  @Test
  void minIdleIsRefilledAfterAnOutageWithoutAnybodyAsking() throws Exception {
    transport.always(DIAL, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3).minIdle(3));
    eventually(() -> "a failed dial", () -> transport.attempts() > 0);
    world.clock().advance(Duration.ofMinutes(2));
    transport.always(DIAL, Step.OK);
    world.advanceUntil(
        Duration.ofMillis(100), Duration.ofSeconds(3), () -> pool.stats().idle() == 3);
  }

  @Test
  void aSweepLeavesHalfOfTheIdleConnectionsForCallers() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(10).maxIdle(10).heartbeatInterval(Duration.ofSeconds(60)));
    fill(pool, 10);
    transport.always(HEARTBEAT, Step.HANG);
    world.clock().advance(Duration.ofSeconds(57));
    eventually(() -> "the sweep has begun", () -> transport.heartbeating() > 0);
    for (int i = 0; i < 5; i++) {
      try (Lease<FakeConn> lease = pool.acquire(Duration.ofSeconds(1))) {
        lease.get().use();
      }
    }
    transport.always(HEARTBEAT, Step.OK);
    transport.releaseAll();
  }
}
