package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.ConnSignals;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolStats;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.ManualClock;
import io.connpool.testkit.PoolWorld;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What every pool promises, whatever its connections are like. The promises are in the subclasses,
 * one theme each; here is what they need to speak about a pool.
 *
 * <p>Time stands still unless a test moves it, so a call that waits never ends by itself.
 */
@Timeout(30)
abstract class PoolContract {
  static final Duration NANO = Duration.ofNanos(1);

  /** How long the waiters of these tests are willing to wait. */
  static final Duration LIMIT = Duration.ofSeconds(3);

  @RegisterExtension final PoolWorld world;
  final PoolKind kind;
  final Hooks hooks;

  /** All leases of the test: one that is watched and that nobody has is taken back. */
  private final Queue<Lease<FakeConn>> kept = new ConcurrentLinkedQueue<>();

  PoolContract(PoolKind kind) {
    this.kind = kind;
    world = kind.world();
    hooks = new Hooks(world.transport());
  }

  // --- the pool under test ---

  /** A pool of this kind whose callers wait {@link #LIMIT}. */
  ConnPool<FakeConn> pool(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return world.pool(settings.apply(kind.builder(hooks).acquireTimeout(LIMIT)));
  }

  /** A pool that may have so many connections. */
  ConnPool<FakeConn> poolOf(int maxActive) {
    return pool(builder -> builder.maxActive(maxActive));
  }

  /** A pool of one connection that judges every failure so. */
  ConnPool<FakeConn> poolJudging(Verdict verdict) {
    hooks.classify = (connection, failure) -> verdict;
    return poolClassifying();
  }

  /** A pool of one connection that asks {@link Hooks#classify}, the minimal one included. */
  ConnPool<FakeConn> poolClassifying() {
    return pool(builder -> builder.maxActive(1).classify(hooks::classify));
  }

  FakeTransport transport() {
    return world.transport();
  }

  ManualClock clock() {
    return world.clock();
  }

  ConnSignals signals(FakeConn connection) {
    return transport().context(connection).signals();
  }

  /** From now on each dial waits for a permit before it does what the transport does. */
  Semaphore holdDials() {
    Semaphore permits = new Semaphore(0);
    hooks.beforeDial =
        context -> {
          try {
            permits.acquire();
          } catch (InterruptedException cutOff) {
            throw new IllegalStateException("cut off while held", cutOff);
          }
        };
    return permits;
  }

  /** So many dials wait for the permit of {@link #holdDials}. */
  static void heldDials(Semaphore permits, int count) {
    PoolWorld.eventually(() -> count + " dials held", () -> permits.getQueueLength() == count);
  }

  // --- what happens in it ---

  /** Takes every place of so many connections, one lease after the other. */
  List<Lease<FakeConn>> takeAll(ConnPool<FakeConn> pool, int connections) throws Exception {
    List<Lease<FakeConn>> leases = new ArrayList<>();
    while (leases.size() < connections * kind.capacity()) {
      leases.add(keep(pool.acquire()));
    }
    return leases;
  }

  /** Has this lease until the test ends, as a user has what he uses. */
  Lease<FakeConn> keep(Lease<FakeConn> lease) {
    kept.add(lease);
    return lease;
  }

  static void closeAll(List<Lease<FakeConn>> leases) {
    leases.forEach(Lease::close);
  }

  /** Makes a pool have so many idle connections. */
  void fillIdle(ConnPool<FakeConn> pool, int connections) throws Exception {
    closeAll(takeAll(pool, connections));
    atRest(pool, "idle " + connections + ", dialed " + connections);
  }

  /** Begins something on a thread of its own. */
  <T> Caller<T> begin(Callable<? extends T> body) {
    return new Caller<>(world, body);
  }

  /** Begins something on a thread of its own, and returns when it waits in the pool's queue. */
  <T> Caller<T> beginWaiting(ConnPool<?> pool, Callable<? extends T> body) {
    int before = pool.stats().pending();
    Caller<T> caller = begin(body);
    PoolWorld.eventually(pool, "one more waits", stats -> stats.pending() == before + 1);
    PoolWorld.eventually(() -> "parks", caller::isWaitingOrDone);
    return caller;
  }

  // --- what is expected of it ---

  /**
   * The pool comes to rest with exactly these figures, in the order of {@link PoolStats}; those not
   * named are zero.
   */
  static void atRest(ConnPool<?> pool, String figures) {
    PoolWorld.eventually(
        () -> "at rest with <" + figures + ">, but it is <" + figures(pool.stats()) + ">",
        () -> figures(pool.stats()).equals(figures));
  }

  /** All counts but zeros, as in {@code idle 1, dialed 1}. */
  static String figures(PoolStats stats) {
    List<String> figures = new ArrayList<>();
    for (RecordComponent figure : PoolStats.class.getRecordComponents()) {
      try {
        if (figure.getAccessor().invoke(stats) instanceof Number count && count.longValue() != 0) {
          figures.add(figure.getName() + " " + count);
        }
      } catch (ReflectiveOperationException impossible) {
        throw new AssertionError(impossible);
      }
    }
    return String.join(", ", figures);
  }

  /** The figures of so many lent connections, every place of them taken. */
  String taken(int connections) {
    return "leased " + connections + ", leases " + connections * kind.capacity();
  }

  /** Gives whoever would break the condition the time to do so; then it must hold still. */
  static void still(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(3);
    do {
      assertTrue(condition.getAsBoolean(), () -> "not any more: " + what);
      Thread.yield();
    } while (System.nanoTime() - until < 0);
  }

  /** The connection is closed soon, and for this reason if this kind tells reasons. */
  void closedBecause(CloseReason reason, FakeConn connection) {
    PoolWorld.eventually(
        () -> connection + " is closed", () -> transport().closeReason(connection) != null);
    if (kind.closesWithReason()) {
      assertEquals(reason, transport().closeReason(connection), () -> "reason for " + connection);
    }
  }

  /** What a future fails with, without a wrapper; the test fails if it does not. */
  static <X extends Throwable> X failure(Class<X> type, CompletableFuture<?> future)
      throws Exception {
    try {
      return Assertions.fail("completed with " + future.get(20, TimeUnit.SECONDS));
    } catch (ExecutionException failed) {
      return Assertions.assertInstanceOf(type, failed.getCause());
    }
  }

  /** What a future completes with; the test fails if it does not. */
  static <T> T result(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }
}
