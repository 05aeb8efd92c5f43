package io.connpool.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.PoolStats;
import io.connpool.PoolsUnderTest;
import io.connpool.internal.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The world of one test: a clock, a transport, pools that use both, and after the test the
 * invariants that hold whatever the test was about: a pool at rest counts each connection once,
 * after its close every connection dialed was closed exactly once, nobody waits, no thread is left,
 * and the engine has logged no error of its own.
 */
public final class PoolWorld implements BeforeEachCallback, AfterEachCallback {
  /** Generous: only a test that fails waits so long. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * A worker that neither ends nor blocks in the script within this is doing something of its own.
   */
  private static final long SETTLE_NANOS = 500_000_000;

  /** For threads of the test's own to act on the new time, which nobody can wait for. */
  private static final long STEP_NANOS = 5_000_000;

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String name = "world-" + NUMBER.incrementAndGet();
  private final AtomicInteger working = new AtomicInteger();
  private final ManualClock clock = new ManualClock(this::settle);
  private final FakeTransport transport;
  private final List<ConnPool<?>> pools = new ArrayList<>();
  private final List<ExecutorService> workers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final LogRecorder log = new LogRecorder();

  private PoolWorld(int capacity) {
    transport = new FakeTransport(clock, capacity);
  }

  /** Connections for one user at a time. */
  public static PoolWorld exclusive() {
    return new PoolWorld(1);
  }

  /** Connections that so many may share. */
  public static PoolWorld shared(int capacity) {
    return new PoolWorld(capacity);
  }

  public ManualClock clock() {
    return clock;
  }

  public FakeTransport transport() {
    return transport;
  }

  /** A pool of this world's connections; closed after the test. */
  public ConnPool<FakeConn> pool(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return pool(settings.apply(ConnPool.builder(transport)));
  }

  /** As {@link #pool(UnaryOperator)} for a builder made otherwise. */
  public <C> ConnPool<C> pool(PoolBuilder<C> builder) {
    ExecutorService executor = new CountingWorkers();
    ConnPool<C> pool =
        PoolsUnderTest.build(
            builder, new Environment(clock, clock, executor, executor, new Random(42)));
    pools.add(pool);
    workers.add(executor);
    return pool;
  }

  /** Threads that know how many tasks they still have to do. */
  private final class CountingWorkers extends ThreadPoolExecutor {
    CountingWorkers() {
      super(
          0,
          Integer.MAX_VALUE,
          1,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> daemon(task, name + "-worker"));
    }

    @Override
    public void execute(Runnable task) {
      working.incrementAndGet();
      boolean accepted = false;
      try {
        super.execute(
            () -> {
              try {
                task.run();
              } finally {
                working.decrementAndGet();
              }
            });
        accepted = true;
      } finally {
        if (!accepted) {
          working.decrementAndGet();
        }
      }
    }
  }

  /**
   * Returns when every worker is done or blocked by the script; gives up on a worker that is not.
   */
  private void settle() {
    long deadline = System.nanoTime() + SETTLE_NANOS;
    while ((working.get() > transport.blocked() || clock.hasLateSleepers())
        && System.nanoTime() - deadline < 0) {
      Thread.yield();
    }
  }

  /** Runs something on a thread of its own; what it throws fails the test. */
  public Thread spawn(ThrowingRunnable body) {
    Thread thread =
        daemon(
            () -> {
              try {
                body.run();
              } catch (Throwable failure) {
                synchronized (failures) {
                  failures.add(failure);
                }
              }
            },
            name + "-caller");
    threads.add(thread);
    thread.start();
    return thread;
  }

  /** What {@link #spawn} runs. */
  @FunctionalInterface
  public interface ThrowingRunnable {
    void run() throws Throwable;
  }

  private static Thread daemon(Runnable task, String threadName) {
    Thread thread = new Thread(task, threadName);
    thread.setDaemon(true);
    return thread;
  }

  /** Polls until the condition holds; fails the test with the description if it never does. */
  public static void eventually(Supplier<String> description, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, () -> "never: " + description.get());
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  /** Polls until the pool's figures satisfy the condition. */
  public static void eventually(
      ConnPool<?> pool, String description, java.util.function.Predicate<PoolStats> condition) {
    eventually(() -> description + ", but " + pool.stats(), () -> condition.test(pool.stats()));
  }

  /** What the future completes with. Unlike join it ends, and it runs no callback of others. */
  public static <T> T outcome(CompletableFuture<T> future) {
    eventually(() -> "completes: " + future, future::isDone);
    return future.getNow(null);
  }

  /** What the future fails with, or null if it does not fail. */
  public static Throwable failureOf(CompletableFuture<?> future) {
    return outcome(future.handle((value, failure) -> failure));
  }

  /** Waits until the thread has ended. */
  public static void ends(Thread thread) {
    eventually(() -> thread + " ends", () -> !thread.isAlive());
  }

  /**
   * Moves the clock in small steps until the condition holds, letting other threads run between,
   * and returns how much time of the clock that took.
   */
  public Duration advanceUntil(Duration step, Duration most, BooleanSupplier condition) {
    Duration moved = Duration.ZERO;
    while (!condition.getAsBoolean()) {
      Duration so = moved;
      assertTrue(moved.compareTo(most) < 0, () -> "never within " + so + " of the clock");
      clock.advance(step);
      moved = moved.plus(step);
      long pause = System.nanoTime() + STEP_NANOS;
      while (System.nanoTime() - pause < 0 && !condition.getAsBoolean()) {
        Thread.yield();
      }
    }
    return moved;
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    log.start();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    boolean testFailed = context.getExecutionException().isPresent();
    try {
      endPools();
      if (!testFailed) {
        checkInvariants();
      }
    } catch (Throwable failure) {
      testFailed = true;
      throw failure;
    } finally {
      log.stop();
      if (testFailed) {
        log.print();
      }
    }
  }

  private void endPools() throws InterruptedException {
    transport.releaseAll();
    for (ConnPool<?> pool : pools) {
      pool.close(Duration.ZERO);
    }
    for (Thread thread : threads) {
      thread.join(PATIENCE.toMillis());
    }
    for (ExecutorService executor : workers) {
      executor.shutdown();
      assertTrue(
          executor.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS),
          "a worker is left after the close");
    }
  }

  private void checkInvariants() {
    log.assertNoDefect();
    for (Thread thread : threads) {
      assertTrue(!thread.isAlive(), () -> thread.getName() + " never ended");
    }
    synchronized (failures) {
      for (Throwable failure : failures) {
        throw new AssertionError("a spawned thread failed", failure);
      }
    }
    for (FakeConn connection : transport.connections()) {
      assertEquals(1, connection.closes.get(), () -> connection + " was not closed exactly once");
    }
    for (ConnPool<?> pool : pools) {
      PoolStats stats = pool.stats();
      assertEquals(0, stats.total(), () -> "connections left: " + stats);
      assertEquals(0, stats.dialing(), () -> "dials left: " + stats);
      assertEquals(0, stats.pending(), () -> "waiters left: " + stats);
      assertEquals(0, stats.abandoned(), () -> "calls left: " + stats);
      assertEquals(stats.dialed(), stats.closed(), () -> "dialed and closed differ: " + stats);
    }
  }
}
