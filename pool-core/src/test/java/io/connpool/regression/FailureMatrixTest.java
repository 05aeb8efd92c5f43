package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolClosedException;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolStats;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that can be wrong with each function of a transport, under each policy. The clock
 * stands still unless a test moves it, so "at once" means at the same nanosecond.
 */
class FailureMatrixTest {
  private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(2);

  /** So long that a slow call is never cut, however late this machine runs its thread. */
  private static final Duration FOR_SLOW = Duration.ofSeconds(30);

  private static final Duration INTERVAL = Duration.ofSeconds(60);

  /** Less than a slow call takes, and less than the pool allows one. */
  private static final Duration SHORT = Duration.ofMillis(700);

  private static final Duration ONE_NANO = Duration.ofNanos(1);
  private static final Duration TICK = Duration.ofMillis(50);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /**
   * The world closes its pools after the test, and some cannot end while the clock stands still.
   */
  @AfterEach
  void letTheClockRun() {
    Thread mover =
        new Thread(
            () -> {
              for (int i = 0; i < 100; i++) {
                tick();
              }
            },
            "mover");
    mover.setDaemon(true);
    mover.start();
  }

  static Stream<FailureCase> matrix() {
    return FailureCase.all();
  }

  static Stream<FailureCase> heartbeats() {
    return FailureCase.all().filter(c -> c.function() == Function.HEARTBEAT);
  }

  static Stream<FailureCase> withWaiting() {
    return FailureCase.all().filter(c -> c.policy() == WhenExhausted.WAIT);
  }

  /**
   * What came of one acquire: a connection or an exception, and how long the clock says it took.
   */
  private record Outcome(FakeConn connection, Throwable failure, Duration took) {}

  @ParameterizedTest
  @MethodSource("matrix")
  void anAcquireEndsAtOnceOrExactlyAtItsTimeout(FailureCase fault) throws Exception {
    ConnPool<FakeConn> pool = pool(fault, 1);
    if (!fault.spoilsDials()) {
      transport.always(fault.function(), fault.step());
      pool.acquire().invalidate();
    }
    transport.always(fault.function(), fault.step());
    AtomicReference<Outcome> outcome = new AtomicReference<>();
    Thread caller = world.spawn(() -> outcome.set(acquireAndRelease(pool, SHORT)));
    if (fault.spoilsDials() && fault.takesLong()) {
      timesOutExactlyAt(SHORT, caller, outcome);
    } else {
      ends(caller);
      assertEquals(Duration.ZERO, outcome.get().took());
      if (fault.spoilsDials() && fault.fails()) {
        assertIsDialException(fault, outcome.get().failure());
      } else {
        assertNotNull(outcome.get().connection(), () -> "was " + outcome.get());
      }
    }
    assertEquals(0, pool.stats().pending());
    theFaultIsOver(fault);
  }

  @ParameterizedTest
  @MethodSource("heartbeats")
  void aConnectionThatRestedTooLongIsCheckedWithoutTheCallerPayingMoreThanItsTimeout(
      FailureCase fault) throws Exception {
    ConnPool<FakeConn> pool = pool(fault, 1);
    pool.acquire().close();
    FakeConn rested = transport.connection(1);
    world.clock().advance(Duration.ofSeconds(1));
    world.clock().freeze(INTERVAL);
    transport.next(Function.HEARTBEAT, fault.step());
    AtomicReference<Outcome> outcome = new AtomicReference<>();
    Thread caller = world.spawn(() -> outcome.set(acquireAndRelease(pool, SHORT)));
    boolean overflows = fault.policy() == WhenExhausted.OVERFLOW;
    if (fault.takesLong() && !overflows) {
      timesOutExactlyAt(SHORT, caller, outcome);
    } else {
      if (fault.takesLong()) { // the pool hopes for the check before it dials beyond maxActive
        eventually(caller::toString, () -> caller.getState() == Thread.State.WAITING);
        world.clock().advance(SHORT.minus(ONE_NANO));
      }
      ends(caller);
      assertNotNull(outcome.get().connection(), () -> "was " + outcome.get());
    }
    assertEquals(2, rested.heartbeats());
    everyCallReturnsOrIsCut(fault, pool);
    boolean died = fault.fails() || fault.hangs();
    eventually(() -> "closed if dead", () -> rested.isClosed() == died || overflows);
    if (died) {
      assertEquals(CloseReason.HEARTBEAT, transport.closeReason(rested));
    }
    Lease<FakeConn> lease = pool.acquire(SHORT);
    assertTrue(overflows || lease.get().id() == (died ? 2 : 1), () -> "got " + lease.get());
    assertTrue(!died || lease.get() != rested, "lent the dead one");
    lease.close();
  }

  @ParameterizedTest
  @MethodSource("matrix")
  void everyCallerIsServedOrToldWhyAndThePoolWorksAgainAfterwards(FailureCase fault)
      throws Exception {
    Duration timeout = Duration.ofSeconds(4);
    ConnPool<FakeConn> pool = pool(fault, 2);
    transport.always(fault.function(), fault.step());
    List<Outcome> outcomes = new ArrayList<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      callers.add(
          world.spawn(
              () -> {
                for (boolean good : new boolean[] {true, false}) {
                  Outcome outcome = acquireAndEnd(pool, timeout, good);
                  synchronized (outcomes) {
                    outcomes.add(outcome);
                  }
                }
              }));
    }
    until("every acquire ends", () -> callers.stream().noneMatch(Thread::isAlive));
    synchronized (outcomes) {
      assertEquals(6, outcomes.size());
      outcomes.forEach(outcome -> assertDocumented(fault, outcome, timeout));
    }
    everyCallReturnsOrIsCut(fault, pool);
    assertExactFigures(fault, pool);
    theFaultIsOver(fault);
    assertWorks(pool);
  }

  @ParameterizedTest
  @MethodSource("withWaiting")
  void aCloseEndsWithinASecondOfItsGraceAndTellsTheWaiters(FailureCase fault) throws Exception {
    Duration grace = Duration.ofSeconds(3);
    ConnPool<FakeConn> pool = pool(fault, 3);
    Lease<FakeConn> held = pool.acquire();
    Lease<FakeConn> alsoHeld = pool.acquire();
    pool.acquire().close();
    transport.always(fault.function(), fault.step());
    pool.tryAcquire().orElseThrow().invalidate();
    AtomicReference<Outcome> waiter = new AtomicReference<>();
    Thread caller = world.spawn(() -> waiter.set(acquireAndRelease(pool, Duration.ofMinutes(1))));
    boolean waits = fault.spoilsDials() && fault.takesLong();
    if (waits) {
      eventually(pool, "a waiter", stats -> stats.pending() == 1);
    } else {
      ends(caller);
    }
    Thread closer = world.spawn(() -> pool.close(grace));
    ends(caller);
    if (waits) {
      assertTrue(waiter.get().failure() instanceof PoolClosedException, () -> "was " + waiter);
      assertEquals(Duration.ZERO, waiter.get().took());
    }
    eventually(() -> "nothing is lent any more", () -> isClosed(pool));
    held.close();
    eventually(() -> "the close waits", () -> closer.getState() == Thread.State.WAITING);
    world.clock().advance(grace.minus(ONE_NANO));
    staysSo("the close did not wait for the other lease", closer::isAlive);
    assertEquals(alsoHeld.get(), transport.open().get(0));
    world.clock().advance(Duration.ofSeconds(1).plus(ONE_NANO));
    ends(closer);

    assertEquals(0, pool.stats().total(), () -> "left: " + pool.stats());
    assertEquals(List.of(), transport.open());
    alsoHeld.close();
    theFaultIsOver(fault);
  }

  private ConnPool<FakeConn> pool(FailureCase fault, int maxActive) {
    return world.pool(
        builder -> {
          PoolBuilder<FakeConn> settings =
              builder
                  .name(fault.toString())
                  .maxActive(maxActive)
                  .maxIdle(maxActive)
                  .dialTimeout(fault.step() == Step.SLOW ? FOR_SLOW : DIAL_TIMEOUT)
                  .heartbeatInterval(INTERVAL)
                  .maxLifetime(Duration.ZERO);
          return settings.whenExhausted(fault.policy());
        });
  }

  private Outcome acquireAndRelease(ConnPool<FakeConn> pool, Duration timeout) {
    return acquireAndEnd(pool, timeout, true);
  }

  private Outcome acquireAndEnd(ConnPool<FakeConn> pool, Duration timeout, boolean good) {
    long began = world.clock().nanoTime();
    try {
      Lease<FakeConn> lease = pool.acquire(timeout);
      Duration took = since(began);
      FakeConn connection = lease.get();
      connection.use();
      if (good) {
        lease.close();
      } else {
        lease.invalidate();
      }
      return new Outcome(connection, null, took);
    } catch (Throwable failure) {
      return new Outcome(null, failure, since(began));
    }
  }

  private Duration since(long began) {
    return Duration.ofNanos(world.clock().nanoTime() - began);
  }

  private void timesOutExactlyAt(
      Duration timeout, Thread caller, AtomicReference<Outcome> outcome) {
    eventually(caller::toString, () -> caller.getState() == Thread.State.WAITING);
    world.clock().advance(timeout.minus(ONE_NANO));
    staysSo("the acquire ended too early", () -> outcome.get() == null);
    world.clock().advance(ONE_NANO);
    ends(caller);
    assertEquals(timeout, outcome.get().took());
    Throwable failure = outcome.get().failure();
    if (!(failure instanceof AcquireTimeoutException timedOut)) {
      throw new AssertionError("no timeout", failure);
    }
    assertEquals(AcquireTimeoutException.Phase.DIAL, timedOut.phase());
  }

  /** Gives others the time to do what they must not do; a correct pool never fails this. */
  private static void staysSo(String otherwise, BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofMillis(5).toNanos();
    while (System.nanoTime() - end < 0) {
      assertTrue(condition.getAsBoolean(), otherwise);
      Thread.yield();
    }
  }

  private static boolean isClosed(ConnPool<FakeConn> pool) {
    try {
      pool.tryAcquire().ifPresent(Lease::close);
      return false;
    } catch (PoolClosedException closed) {
      return true;
    }
  }

  /** Lets the clock run until the condition holds. */
  private void until(String what, BooleanSupplier condition) {
    eventually(() -> what, () -> condition.getAsBoolean() || tick());
  }

  /** Moves the clock, and lets the callers see it: the clock itself waits for the workers only. */
  private boolean tick() {
    world.clock().advance(TICK);
    LockSupport.parkNanos(1_000_000);
    return false;
  }

  private void everyCallReturnsOrIsCut(FailureCase fault, ConnPool<?> pool) {
    world.clock().advance(fault.step() == Step.SLOW ? FakeTransport.SLOW : DIAL_TIMEOUT);
    eventually(() -> "nobody sleeps any more", () -> world.clock().parkedThreads() == 0);
    eventually(pool, "at rest", stats -> stats.dialing() + stats.checking() == 0);
  }

  private void assertExactFigures(FailureCase fault, ConnPool<?> pool) {
    List<FakeConn> dialed = transport.connections();
    long closed = dialed.size() - transport.open().size();
    long ofHeartbeat =
        dialed.stream().filter(c -> transport.closeReason(c) == CloseReason.HEARTBEAT).count();
    boolean closesFail = !fault.spoilsDials() && (fault.fails() || fault.hangs());
    int deaf = fault.isDeaf() ? calls(fault.function()) : 0;
    eventually(pool, "everything counted", stats -> stats.abandoned() == deaf);
    eventually(pool, "close failures", stats -> stats.closeFailures() == (closesFail ? closed : 0));
    PoolStats stats = pool.stats();
    assertEquals(dialed.size(), stats.dialed());
    assertEquals(closed, stats.closed());
    assertEquals(transport.attempts() - dialed.size() + ofHeartbeat, stats.dialFailures());
    assertEquals(dialed.size() - closed, stats.total());
    assertEquals(stats.total(), stats.idle());
    assertEquals(0, stats.leased() + stats.leases() + stats.pending());
    assertTrue(stats.total() <= 2, stats::toString);
    assertEquals(0, stats.misuses());
    if (fault.spoilsDials() && (fault.fails() || fault.hangs())) {
      assertEquals(0, stats.total());
    }
    dialed.forEach(c -> assertEquals(c.isClosed(), transport.closeReason(c) != null));
  }

  /** How many calls of a function have been made that, being deaf, still run. */
  private int calls(Function function) {
    return switch (function) {
      case DIAL -> transport.dialing();
      case HEARTBEAT -> transport.heartbeating();
      case CLOSE -> transport.connections().size() - transport.open().size();
    };
  }

  /** New calls do what they should; deaf ones go on hanging. */
  private void theFaultIsOver(FailureCase fault) {
    transport.always(fault.function(), Step.OK);
  }

  private void assertWorks(ConnPool<FakeConn> pool) {
    AtomicReference<PoolStats> bothOut = new AtomicReference<>();
    Thread user =
        world.spawn(
            () -> {
              try (Lease<FakeConn> one = pool.acquire();
                  Lease<FakeConn> two = pool.acquire()) {
                one.get().use();
                two.get().use();
                bothOut.set(pool.stats());
              }
            });
    until("the pool works again", () -> !user.isAlive());
    assertEquals(2, bothOut.get().leased());
    eventually(pool, "both are back", stats -> stats.idle() == 2 && stats.total() == 2);
  }

  private void assertDocumented(FailureCase fault, Outcome outcome, Duration timeout) {
    Throwable failure = outcome.failure();
    if (failure == null) {
      assertTrue(!fault.spoilsDials() || !(fault.fails() || fault.hangs()), outcome::toString);
    } else if (failure instanceof PoolExhaustedException) {
      assertSame(WhenExhausted.FAIL, fault.policy());
    } else if (failure instanceof AcquireTimeoutException) {
      assertTrue(fault.spoilsDials() && fault.takesLong(), outcome::toString);
      assertTrue(outcome.took().compareTo(timeout) >= 0, outcome::toString);
    } else {
      assertTrue(fault.spoilsDials() && (fault.fails() || fault.hangs()), outcome::toString);
      assertIsDialException(fault, failure);
    }
  }

  private static void assertIsDialException(FailureCase fault, Throwable failure) {
    if (!(failure instanceof DialException dialFailed)) {
      throw new AssertionError("no DialException", failure);
    }
    assertEquals(1, dialFailed.attempts());
    if (fault.step() == Step.THROW || fault.step() == Step.THROW_ERROR) {
      assertTrue(
          dialFailed.getCause().getMessage().startsWith("scripted"),
          () -> "cause lost: " + dialFailed.getCause());
    }
  }
}
