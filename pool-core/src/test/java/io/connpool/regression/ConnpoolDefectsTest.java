package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.failureOf;
import static io.connpool.testkit.PoolWorld.outcome;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The defects of connpool, the Go ancestor: ids CB-01 to CB-18 of the study of the seeds. The clock
 * stands still unless a test moves it, so whoever is served at all is served at once.
 */
class ConnpoolDefectsTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MILLI = Duration.ofMillis(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /** Guards: the dial of another caller runs elsewhere than what serves this one. */
  @Test
  void cb01_anIdleConnectionIsLentWhileTheDialOfAnotherCallerHangs() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    Lease<FakeConn> first = pool.acquire();
    transport.always(Function.DIAL, Step.HANG_DEAF);
    CompletableFuture<Lease<FakeConn>> other = pool.acquireAsync();
    eventually(() -> "the other dials", () -> transport.dialing() == 1);
    first.close();
    assertEquals(1, outcome(other).get().id(), "a release serves whoever waits for a dial");
    outcome(other).close();
    assertEquals(1, pool.call(c -> c).id());
    assertEquals(1, transport.dialing(), "the dial still hangs");
  }

  /** Guards: a sweep takes some of what is idle at a time, and takes it before it is due. */
  @Test
  void cb02_duringASweepThatHangsAnIdleConnectionIsLentAtOnce() throws Exception {
    ConnPool<FakeConn> pool = tenIdle();
    transport.always(Function.HEARTBEAT, Step.HANG_DEAF);
    world.clock().advance(Duration.ofSeconds(56));
    eventually(() -> "the sweep hangs", () -> transport.heartbeating() > 0);
    assertEquals(0, pool.stats().closed());
    assertEquals(1, pool.call(FakeConn::heartbeats));
    transport.always(Function.HEARTBEAT, Step.OK);
  }

  /** Beyond the ancestor: nothing that rested too long is lent before its heartbeat. */
  @Test
  void cb02_whenAllHaveRestedTooLongTheFirstThatAnswersServes() throws Exception {
    ConnPool<FakeConn> pool = tenIdle();
    world.clock().advance(SECOND);
    world.clock().freeze(MINUTE);
    transport.next(Function.HEARTBEAT, Step.HANG_DEAF, Step.HANG_DEAF);
    AtomicReference<FakeConn> served = new AtomicReference<>();
    Thread caller = world.spawn(() -> served.set(pool.call(c -> c)));
    eventually(
        () -> "served, but " + pool.stats(),
        () -> {
          world.clock().advance(MILLI);
          return !caller.isAlive();
        });
    assertEquals(2, served.get().heartbeats());
    assertEquals(0, pool.stats().closed(), "well before the first heartbeat was cut off");
    assertEquals(10, transport.attempts());
  }

  /** Guards: who finds nothing is in the queue before he looks for the last time. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cb03_noReleaseIsMissedBetweenTheLastLookAndTheWait(boolean plain) {
    ConnPool<FakeConn> pool = pool(plain, 1);
    int rounds = 50_000;
    use(pool, 2, rounds);
    assertEquals(2 * rounds, transport.connection(1).uses());
    assertEquals(1, transport.attempts());
  }

  /** Guards: an invalidation frees capacity, and says so. */
  @Test
  void cb04_aWaiterIsServedByANewDialWhenTheLeaseIsInvalidated() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> lease = pool.acquire();
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
    assertFalse(waiter.isDone());
    lease.invalidate();
    assertEquals(2, outcome(waiter).get().id());
  }

  /** Guards: every waiter has its own deadline, not only the head of the queue. */
  @Test
  void cb05_aHundredWaitersTimeOutAtTheirDeadlineAndNotOneNanosecondLater() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    pool.acquire();
    Duration timeout = Duration.ofMillis(50);
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiters.add(
          world.spawn(
              () -> assertThrows(AcquireTimeoutException.class, () -> pool.acquire(timeout))));
    }
    List<CompletableFuture<Lease<FakeConn>>> futures = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      futures.add(pool.acquireAsync(timeout));
    }
    eventually(pool, "100 wait", stats -> stats.pending() == 100);
    waiters.forEach(w -> eventually(w::toString, () -> w.getState() == Thread.State.WAITING));
    world.clock().advance(timeout.minusNanos(1));
    assertEquals(100, pool.stats().pending());
    world.clock().advance(Duration.ofNanos(1));
    waiters.forEach(PoolWorld::ends);
    for (CompletableFuture<?> future : futures) {
      assertInstanceOf(AcquireTimeoutException.class, failureOf(future));
    }
    assertEquals(100, pool.stats().timeouts());
  }

  /** Guards: a timeout is a type of its own and keeps what led to it. */
  @Test
  void cb06_aTimeoutKeepsTheLastDialFailureAsItsCause() {
    transport.next(Function.DIAL, Step.THROW).always(Function.DIAL, Step.HANG);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    assertThrows(DialException.class, pool::acquire);
    CompletableFuture<Lease<FakeConn>> second = pool.acquireAsync(SECOND);
    world.clock().advance(SECOND);
    Throwable told = failureOf(second);
    assertInstanceOf(AcquireTimeoutException.class, told);
    assertEquals("scripted failure of DIAL", told.getCause().getMessage());
    assertInstanceOf(IOException.class, told.getCause());
  }

  @Test
  void cb06_anInterruptStaysAnInterruptedExceptionAndLeavesNothingBehind() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> held = pool.acquire();
    Thread waiter =
        world.spawn(() -> assertThrows(InterruptedException.class, () -> pool.acquire()));
    eventually(pool, "waits", stats -> stats.pending() == 1);
    waiter.interrupt();
    ends(waiter);
    assertEquals(0, pool.stats().pending());
    held.close();
    assertEquals(1, pool.stats().idle());
  }

  /** Guards: close closes what is idle; the world checks that no worker is left. */
  @Test
  void cb07_closeClosesTheIdleAndASecondCloseDoesNothing() {
    ConnPool<FakeConn> pool = tenIdle();
    assertTrue(pool.close(SECOND));
    assertEquals(List.of(), transport.open());
    assertEquals(
        10,
        transport.connections().stream()
            .filter(c -> transport.closeReason(c) == CloseReason.POOL_CLOSED)
            .count());
    assertTrue(pool.close(SECOND));
    assertEquals(10, pool.stats().closed());
  }

  /** Guards: a release looks whether the pool is closed after it gave the connection back. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cb08_aLeaseThatEndsAfterTheCloseBeganClosesItsConnection(boolean plain) throws Exception {
    ConnPool<FakeConn> pool = pool(plain, 1);
    Lease<FakeConn> lease = pool.acquire();
    Thread closer = world.spawn(() -> assertTrue(pool.close(MINUTE)));
    eventually(() -> "the close waits", () -> closer.getState() == Thread.State.WAITING);
    assertFalse(transport.connection(1).isClosed());
    lease.close();
    ends(closer);
    assertTrue(transport.connection(1).isClosed());
  }

  /** Guards: each acquire has a lease of its own that ends once. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cb09_aLeaseClosedTwiceDoesNotTakeTheConnectionFromItsNextHolder(boolean plain)
      throws Exception {
    ConnPool<FakeConn> pool = pool(plain, 1);
    Lease<FakeConn> stale = pool.acquire();
    stale.close();
    Lease<FakeConn> next = pool.acquire();
    assertNotSame(stale, next);
    stale.close();
    stale.invalidate();
    assertEquals(1, pool.stats().leased());
    assertEquals(2, pool.stats().misuses());
    assertTrue(pool.tryAcquire().isEmpty(), "the next holder has it");
    assertFalse(next.get().isClosed());
  }

  /** Guards: the count falls once per connection, whoever ends a lease how often. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cb10_aLeaseInvalidatedTwiceGivesOneSlotBack(boolean plain) throws Exception {
    ConnPool<FakeConn> pool = pool(plain, 2);
    Lease<FakeConn> first = pool.acquire();
    Lease<FakeConn> second = pool.acquire();
    first.invalidate();
    first.close(); // as try-with-resources does
    assertEquals(0, pool.stats().misuses());
    first.invalidate();
    assertEquals(1, pool.stats().misuses());
    assertEquals(3, pool.acquire().get().id());
    assertThrows(AcquireTimeoutException.class, () -> pool.acquire(Duration.ZERO));
    assertEquals(2, pool.stats().total());
    assertEquals(3, transport.attempts());
    assertSame(transport.connection(2), second.get());
  }

  /** A race cannot be shown by a test of this kind; that nothing of one use is lost can. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cb11_whatOneHolderWroteWithoutSynchronizationTheNextOneSees(boolean plain) {
    ConnPool<FakeConn> pool = pool(plain, 2);
    int rounds = 10_000;
    use(pool, 4, rounds);
    int uses = transport.connections().stream().mapToInt(FakeConn::uses).sum();
    assertEquals(4 * rounds, uses);
  }

  /** Guards: what callers wait for does not stand in the way of maintenance. */
  @Test
  void cb12_heartbeatsGoOnWhileCallersWait() throws Exception {
    ConnPool<FakeConn> resting = world.pool(b -> b.name("resting").maxIdle(1));
    FakeConn idle = resting.call(c -> c);
    ConnPool<FakeConn> exhausted = world.pool(b -> b.name("exhausted").maxActive(1));
    exhausted.acquire();
    CompletableFuture<Lease<FakeConn>> waiter = exhausted.acquireAsync(Duration.ofHours(1));
    world.clock().advance(MINUTE.plus(SECOND.multipliedBy(2)));
    eventually(() -> "a heartbeat", () -> idle.heartbeats() == 2);
    assertFalse(waiter.isDone());
  }

  /** Guards: the age that counts is that of the last use. */
  @Test
  void cb13_whatWasUsedAMillisecondAgoIsNotPinged() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxIdle(1));
    FakeConn connection = pool.call(c -> c);
    for (int i = 0; i < 5; i++) {
      world.clock().advance(Duration.ofSeconds(50));
      assertSame(connection, pool.<FakeConn, RuntimeException>call(c -> c));
      world.clock().advance(MILLI);
    }
    assertEquals(1, connection.heartbeats(), "the one after the dial");
    world.clock().advance(MINUTE.plus(SECOND.multipliedBy(2)));
    eventually(() -> "unused for a minute", () -> connection.heartbeats() == 2);
  }

  /** Guards: a dial whose heartbeat failed yields an exception and nothing else. */
  @Test
  void cb14_nobodyGetsALeaseTogetherWithAFailure() {
    transport.next(Function.HEARTBEAT, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b);
    CompletableFuture<Lease<FakeConn>> caller = pool.acquireAsync();
    assertInstanceOf(DialException.class, failureOf(caller));
    assertEquals(0, pool.stats().leases());
    assertEquals(0, pool.stats().total());
    eventually(() -> "closed", () -> transport.connection(1).isClosed());
  }

  /** Guards: light load is packed into few connections. */
  @Test
  void cb15_underALoadOfOneTheOtherNineExpire() throws Exception {
    ConnPool<FakeConn> pool = tenIdle();
    for (int second = 0; second < 133; second++) {
      world.clock().advance(SECOND);
      pool.run(FakeConn::use);
    }
    eventually(pool, "nine are gone", s -> s.closed() == 9 && s.total() == 1);
    assertEquals(10, transport.attempts());
  }

  /** Guards: whatever a dial throws is caught, and the pool goes on. */
  @Test
  void cb16_aDialThatThrowsAnErrorFailsOneAcquireAndThePoolGoesOn() throws Exception {
    AtomicReference<Throwable> bomb = new AtomicReference<>(new StackOverflowError("bomb"));
    ConnPool<AutoCloseable> pool =
        world.pool(
            ConnPool.builder(
                context -> {
                  Throwable failure = bomb.getAndSet(null);
                  if (failure instanceof Error error) {
                    throw error;
                  }
                  return () -> {};
                }));
    Throwable told = assertThrows(DialException.class, pool::acquire);
    assertInstanceOf(StackOverflowError.class, told.getCause());
    CompletableFuture<Lease<AutoCloseable>> next = pool.acquireAsync();
    world.clock().advance(Duration.ofMillis(500));
    assertTrue(next.isDone(), "while somebody waits the pause is at most 500 ms");
    outcome(next).close();
    assertEquals(1, pool.stats().idle());
  }

  /** Guards: the overflow counts against hardMax. */
  @Test
  void cb17_theOverflowEndsAtHardMax() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(2).hardMax(3).whenExhausted(WhenExhausted.OVERFLOW));
    for (int i = 0; i < 3; i++) {
      pool.acquire();
    }
    PoolExhaustedException told = assertThrows(PoolExhaustedException.class, pool::acquire);
    assertTrue(told.getMessage().contains("hardMax"), told::getMessage);
    assertEquals(3, told.stats().leased());
    assertEquals(3, transport.attempts());
  }

  /** Guards: the sweep looks often enough, and does not wait for a dial. */
  @Test
  void cb18_anIdleConnectionExpiresInTimeAlthoughADialHangs() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.heartbeatInterval(Duration.ZERO));
    Lease<FakeConn> lease = pool.acquire();
    FakeConn idle = lease.get();
    transport.always(Function.DIAL, Step.HANG_DEAF);
    CompletableFuture<Lease<FakeConn>> other = pool.acquireAsync();
    eventually(() -> "a dial hangs", () -> transport.dialing() == 1);
    lease.close();
    outcome(other).close();
    world.clock().advance(Duration.ofSeconds(119));
    assertNull(transport.closeReason(idle));
    world.clock().advance(Duration.ofSeconds(14));
    eventually(() -> "expired", () -> transport.closeReason(idle) == CloseReason.IDLE);
  }

  private void use(ConnPool<FakeConn> pool, int threads, int rounds) {
    List<Thread> users = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      users.add(
          world.spawn(
              () -> {
                for (int round = 0; round < rounds; round++) {
                  pool.run(FakeConn::use);
                }
              }));
    }
    users.forEach(PoolWorld::ends);
  }

  /** Of a transport that only dials and closes, whose releases are shorter, or of the full one. */
  private ConnPool<FakeConn> pool(boolean plain, int maxActive) {
    PoolBuilder<FakeConn> builder =
        plain
            ? ConnPool.<FakeConn>builder(transport::dial)
                .close(c -> transport.close(c, CloseReason.INVALIDATED))
            : ConnPool.builder(transport);
    return world.pool(builder.maxActive(maxActive));
  }

  private ConnPool<FakeConn> tenIdle() {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(10));
    List<Lease<FakeConn>> leases = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      leases.add(outcome(pool.acquireAsync()));
    }
    leases.forEach(Lease::close);
    return pool;
  }
}
