package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.outcome;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolConfig;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolStats;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What connpool, the Go ancestor, promised its users: ids C-01 to C-19 of the study of the seeds.
 */
class ConnpoolContractTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration ONE_NANO = Duration.ofNanos(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /** A connection that can close itself. */
  private static final class Closeable implements AutoCloseable {
    final AtomicInteger closes = new AtomicInteger();

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }

  @Test
  void c01_aPoolCannotBeDescribedWithoutADial() {
    assertThrows(NullPointerException.class, () -> ConnPool.builder(null));
  }

  @Test
  void c02_withoutAHeartbeatConnectionsAreTrusted() throws Exception {
    ConnPool<Closeable> pool = world.pool(ConnPool.builder(context -> new Closeable()));
    Closeable first = pool.call(c -> c);
    world.clock().advance(MINUTE.multipliedBy(2).minus(ONE_NANO));
    assertSame(first, pool.<Closeable, RuntimeException>call(c -> c));
  }

  @Test
  void c02_aHeartbeatThatThrowsMeansDead() throws Exception {
    transport.next(Function.HEARTBEAT, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b);
    DialException told = assertThrows(DialException.class, pool::acquire);
    assertInstanceOf(IOException.class, told.getCause());
    closes(transport.connection(1), CloseReason.HEARTBEAT);
  }

  /** Decided otherwise: close is required only for types that cannot close themselves. */
  @Test
  void c03_aConnectionThatNobodyCanCloseIsAnErrorOfTheFirstDial() {
    ConnPool<String> pool = world.pool(ConnPool.builder(context -> "a connection"));
    DialException told = assertThrows(DialException.class, pool::acquire);
    assertTrue(
        told.toString().contains("AutoCloseable") || told.getCause().toString().contains("AutoC"),
        told::toString);
    assertEquals(0, pool.stats().total());
  }

  @Test
  void c03_aConnectionIsClosedByTheCloseFunctionAndElseByItself() throws Exception {
    List<Closeable> closed = Collections.synchronizedList(new ArrayList<>());
    ConnPool<Closeable> own =
        world.pool(ConnPool.builder(context -> new Closeable()).close(closed::add));
    ConnPool<Closeable> standard = world.pool(ConnPool.builder(context -> new Closeable()));
    Closeable closedByFunction = own.call(c -> c);
    Closeable closedByItself = standard.call(c -> c);
    assertTrue(own.close(SECOND));
    assertTrue(standard.close(SECOND));
    assertEquals(List.of(closedByFunction), closed);
    assertEquals(0, closedByFunction.closes.get());
    assertEquals(1, closedByItself.closes.get());
  }

  /** Decided otherwise: heartbeat and close capture what they need; dial gets the attributes. */
  @Test
  void c04_whatTheUserAttachedReachesEveryDialAndCannotBeChanged() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.attribute("user", "ada").attribute("db", 7));
    FakeConn connection = pool.call(c -> c);
    Map<String, Object> seen = transport.context(connection).attributes();
    assertEquals(Map.of("user", "ada", "db", 7), seen);
    assertThrows(UnsupportedOperationException.class, () -> seen.put("user", "eve"));
  }

  @Test
  void c05_dialAttemptsCountsAttemptsInTotalAndTheThirdServes() throws Exception {
    transport.next(Function.DIAL, Step.THROW, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b.dialAttempts(3));
    AtomicReference<FakeConn> served = new AtomicReference<>();
    Thread caller = world.spawn(() -> served.set(pool.call(c -> c)));
    runUntilEnded(caller);
    assertEquals(3, transport.attempts());
    assertEquals(3, transport.context(served.get()).attempt());
    assertEquals(2, pool.stats().dialFailures());
  }

  @Test
  void c05_afterTheLastAttemptTheCallerIsToldHowManyThereWere() {
    transport.always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b.dialAttempts(3));
    AtomicReference<DialException> told = new AtomicReference<>();
    runUntilEnded(world.spawn(() -> told.set(assertThrows(DialException.class, pool::acquire))));
    assertEquals(3, told.get().attempts());
    assertEquals(3, transport.attempts());
    assertThrows(IllegalArgumentException.class, () -> ConnPool.builder(transport).dialAttempts(0));
    assertEquals(1, world.pool(b -> b).effectiveConfig().dialAttempts());
  }

  /** Decided otherwise: 0 is no limit, less is an error; the ancestor's 1 is a preset. */
  @Test
  void c06_maxActiveZeroIsNoLimitAndNegativeIsRejected() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(0));
    for (int i = 0; i < 50; i++) {
      pool.acquire();
    }
    assertEquals(50, pool.stats().leased());
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> ConnPool.builder(transport).maxActive(-1))
            .getMessage();
    assertTrue(message.contains("maxActive") && message.contains("-1"), message);
    assertEquals(1, world.pool(b -> b.compat("connpool")).effectiveConfig().maxActive());
  }

  @Test
  void c07_maxIdleIsClampedToMaxActiveAndTheConfigSaysSo() {
    assertEquals(3, world.pool(b -> b.maxActive(3).maxIdle(9)).effectiveConfig().maxIdle());
    assertEquals(0, world.pool(b -> b).effectiveConfig().maxIdle());
    assertEquals(2, world.pool(b -> b.minIdle(2)).effectiveConfig().maxIdle());
  }

  @Test
  void c08_heartbeatsComeEverySixtySecondsAndIdleOnesGoAfterTwoMinutes() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    PoolConfig config = pool.effectiveConfig();
    assertEquals(Duration.ofSeconds(60), config.heartbeatInterval());
    assertEquals(Duration.ofSeconds(120), config.idleTimeout());
    FakeConn connection = pool.call(c -> c);
    world.clock().advance(Duration.ofSeconds(62));
    eventually(() -> "a heartbeat after a minute", () -> connection.heartbeats() == 2);
    world.clock().advance(Duration.ofSeconds(57));
    assertFalse(connection.isClosed(), "idle for less than two minutes");
    world.clock().advance(Duration.ofSeconds(14));
    closes(connection, CloseReason.IDLE);
  }

  @Test
  void c09_theFirstHeartbeatComesRightAfterTheDialAndItsFailureIsAFailedAttempt() throws Exception {
    transport.next(Function.HEARTBEAT, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b.dialAttempts(2));
    AtomicReference<FakeConn> served = new AtomicReference<>();
    runUntilEnded(world.spawn(() -> served.set(pool.call(c -> c))));
    assertEquals(2, served.get().id());
    assertEquals(1, served.get().heartbeats());
    eventually(pool, "2 dialed, 1 closed", s -> s.dialed() == 2 && s.closed() == 1);
    closes(transport.connection(1), CloseReason.HEARTBEAT);
  }

  @Test
  void c10_aConnectionUnusedForTooLongIsCheckedBeforeItIsLent() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b);
    FakeConn first = pool.call(c -> c);
    world.clock().advance(SECOND);
    world.clock().freeze(MINUTE);
    transport.next(Function.HEARTBEAT, Step.THROW);
    FakeConn second = pool.call(c -> c);
    assertNotSame(first, second);
    assertEquals(2, first.heartbeats());
    closes(first, CloseReason.HEARTBEAT);
  }

  @Test
  void c11_withinOneIntervalOfARestartTheDeadAreClosedAndMinIdleIsDialedAgain() {
    ConnPool<FakeConn> pool =
        fiveIdle(world.pool(b -> b.minIdle(2).maxIdle(5).probe(c -> Health.UNKNOWN)));
    transport.open().forEach(FakeConn::kill);
    world.clock().advance(MINUTE.plusSeconds(2));
    eventually(pool, "2 idle", s -> s.idle() == 2 && s.total() == 2);
    eventually(() -> "5 closed, 2 dialed", () -> transport.open().size() == 2);
    transport.open().forEach(c -> assertTrue(c.id() > 5));
  }

  @Test
  void c12_theMaxIdleMostRecentlyUsedNeverExpireAndTheOthersDo() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3).maxIdle(2));
    List<Lease<FakeConn>> leases = List.of(pool.acquire(), pool.acquire(), pool.acquire());
    FakeConn leastRecentlyUsed = leases.get(1).get();
    leases.get(1).close();
    world.clock().advance(SECOND);
    leases.get(0).close();
    leases.get(2).close();
    world.clock().advance(Duration.ofSeconds(118));
    assertEquals(3, pool.stats().idle());
    world.clock().advance(Duration.ofSeconds(14));
    eventually(pool, "exactly 2 remain", stats -> stats.total() == 2);
    closes(leastRecentlyUsed, CloseReason.IDLE);
    world.clock().advance(Duration.ofSeconds(600));
    eventually(pool, "these never expire", s -> s.idle() == 2 && s.closed() == 1);
  }

  @Test
  void c13_atMaxActiveACallerWaitsForAReleaseAndNoLongerThanItsTimeout() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    for (int i = 0; i < 3; i++) {
      pool.acquire();
    }
    AtomicReference<Throwable> told = new AtomicReference<>();
    Thread fourth =
        world.spawn(() -> told.set(assertThrows(Throwable.class, () -> pool.acquire(SECOND))));
    eventually(fourth::toString, () -> fourth.getState() == Thread.State.WAITING);
    world.clock().advance(SECOND.minus(ONE_NANO));
    assertEquals(1, pool.stats().pending());
    world.clock().advance(ONE_NANO);
    ends(fourth);
    AcquireTimeoutException timeout = assertInstanceOf(AcquireTimeoutException.class, told.get());
    assertEquals(AcquireTimeoutException.Phase.RELEASE, timeout.phase());
    assertEquals(3, timeout.stats().leased());
    assertEquals(3, transport.attempts());
  }

  @Test
  void c13_fairWaitersAreServedInTheOrderOfTheirArrival() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1).fair(true));
    Lease<FakeConn> held = pool.acquire();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> callers = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      int number = i;
      callers.add(world.spawn(() -> pool.run(c -> order.add(number))));
      eventually(pool, number + " waits", stats -> stats.pending() == number);
    }
    held.close();
    callers.forEach(PoolWorld::ends);
    assertEquals(List.of(1, 2, 3, 4, 5), order);
  }

  /** Beyond the ancestor: the overflow has an end. */
  @Test
  void c14_overflowDialsBeyondMaxActiveAndClosesTheSurplusAsItComesBack() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2).whenExhausted(WhenExhausted.OVERFLOW));
    List<Lease<FakeConn>> leases = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      leases.add(pool.acquire());
    }
    assertThrows(PoolExhaustedException.class, pool::acquire);
    leases.forEach(Lease::close);
    eventually(pool, "4 dials, 2 closed", s -> s.dialed() == 4 && s.closed() == 2);
    assertEquals(2, pool.stats().idle());
    eventually(
        () -> "both were surplus",
        () -> transport.connections().stream().filter(this::isSurplus).count() == 2);
  }

  @Test
  void c15_invalidateClosesOnceAndItsSlotServesAWaiterWithANewDial() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> lease = pool.acquire();
    AtomicReference<FakeConn> served = new AtomicReference<>();
    Thread waiter = world.spawn(() -> served.set(pool.call(c -> c)));
    eventually(pool, "waits", stats -> stats.pending() == 1);
    lease.invalidate(new IOException("broken pipe"));
    ends(waiter);
    assertEquals(2, served.get().id());
    closes(transport.connection(1), CloseReason.INVALIDATED);
  }

  @Test
  void c16_aLeaseGivesItsConnectionUntilItEndsAndThenGivesItBack() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> lease = pool.acquire();
    FakeConn connection = transport.connection(1);
    assertSame(connection, lease.get());
    lease.close();
    assertThrows(IllegalStateException.class, lease::get);
    assertSame(connection, pool.acquire(Duration.ZERO).get());
  }

  @Test
  void c17_totalCountsTheIdleAndTheLeased() throws Exception {
    ConnPool<FakeConn> pool = fiveIdle(world.pool(b -> b));
    pool.acquire();
    pool.acquire();
    PoolStats stats = pool.stats();
    assertEquals(List.of(5, 3, 2), List.of(stats.total(), stats.idle(), stats.leased()));
  }

  @Test
  void c18_anApplicationExceptionKeepsTheConnectionAndATransportErrorClosesIt() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            ConnPool.builder(transport)
                .classify((c, t) -> t instanceof IOException ? Verdict.CLOSE : Verdict.KEEP));
    RuntimeException answer = new IllegalArgumentException("no such user");
    assertSame(answer, assertThrows(RuntimeException.class, () -> pool.run(c -> raise(answer))));
    FakeConn kept = pool.call(c -> c);
    assertEquals(1, kept.id());
    IOException broken = new IOException("connection reset");
    assertSame(broken, assertThrows(IOException.class, () -> pool.run(c -> raise(broken))));
    assertEquals(2, pool.<FakeConn, RuntimeException>call(c -> c).id());
    closes(kept, CloseReason.INVALIDATED);
  }

  @Test
  void c19_aClosedPoolTellsItsWaitersAndWhoeverComesLater() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> held = pool.acquire();
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiters.add(world.spawn(() -> assertThrows(PoolClosedException.class, pool::acquire)));
    }
    eventually(pool, "3 wait", stats -> stats.pending() == 3);
    Thread closer = world.spawn(() -> assertTrue(pool.close(MINUTE)));
    waiters.forEach(PoolWorld::ends);
    assertThrows(PoolClosedException.class, pool::acquire);
    assertThrows(PoolClosedException.class, pool::tryAcquire);
    assertTrue(closer.isAlive(), "a lease is out");
    held.close();
    ends(closer);
  }

  private static <X extends Exception> void raise(X failure) throws X {
    throw failure;
  }

  private static ConnPool<FakeConn> fiveIdle(ConnPool<FakeConn> pool) {
    List<Lease<FakeConn>> leases = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      leases.add(outcome(pool.acquireAsync()));
    }
    leases.forEach(Lease::close);
    return pool;
  }

  private boolean isSurplus(FakeConn connection) {
    return transport.closeReason(connection) == CloseReason.SURPLUS;
  }

  private void closes(FakeConn connection, CloseReason reason) {
    eventually(
        () -> connection + " closes with " + reason,
        () -> transport.closeReason(connection) == reason);
  }

  /** The pause between two attempts is the pool's secret, so the clock runs. */
  private void runUntilEnded(Thread caller) {
    eventually(
        () -> caller + " ends",
        () -> {
          world.clock().advance(Duration.ofMillis(1));
          return !caller.isAlive();
        });
  }
}
