package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.connpool.ConnPool;
import io.connpool.Health;
import io.connpool.PoolStats;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What many pools, many waiters and many threads cost on real time, by the counters of the JVM and
 * the operating system.
 *
 * <p>{@code -Dfrugality.full=true} measures for as long and as much as the project promises; the
 * default is shorter.
 */
class FrugalityTest {
  private static final boolean FULL = Boolean.getBoolean("frugality.full");
  private static final int SECONDS = FULL ? 5 : 2;
  private static final int CANCELLED = FULL ? 1_000_000 : 100_000;

  /** Whatever else goes on in the process can only add to what is measured. */
  private static final int MOST_WINDOWS = 5;

  /** Longer than anything here takes on a slow machine. */
  private static final Duration MINUTES = Duration.ofMinutes(2);

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  private static final class Conn implements AutoCloseable {
    final AtomicInteger owners = new AtomicInteger();

    @Override
    public void close() {}
  }

  @Test
  void tenThousandVirtualThreadsOnTenConnectionsAllFinish() throws Exception {
    assumeTrue(Runtime.version().feature() >= 21, "this JVM has no virtual threads");
    Method startVirtual = Thread.class.getMethod("startVirtualThread", Runnable.class);
    AtomicInteger alone = new AtomicInteger();
    try (ConnPool<Conn> pool =
        ConnPool.<Conn>builder(context -> new Conn())
            .maxActive(10)
            .acquireTimeout(MINUTES)
            .build()) {
      List<Thread> all = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        Runnable user =
            () -> {
              try {
                pool.run(
                    conn -> {
                      if (conn.owners.incrementAndGet() == 1) {
                        alone.incrementAndGet();
                      }
                      Thread.yield();
                      conn.owners.decrementAndGet();
                    });
              } catch (InterruptedException never) {
                throw new AssertionError(never);
              }
            };
        all.add((Thread) startVirtual.invoke(null, user));
      }
      for (Thread each : all) {
        each.join(MINUTES.toMillis());
        assertFalse(each.isAlive(), () -> "still waits: " + pool.stats());
      }
      assertEquals(10_000, alone.get());
      PoolStats stats = pool.stats();
      assertEquals(List.of(0, 0), List.of(stats.leased(), stats.pending()));
      assertTrue(stats.dialed() <= 10, stats::toString);
    }
  }

  @Test
  void aThousandWaitersDuringALongDialUseUnderATwentiethOfACore() throws Exception {
    assumeTrue(threads.isThreadCpuTimeSupported(), "this JVM does not count processor time");
    CountDownLatch reachable = new CountDownLatch(1);
    try (ConnPool<Conn> pool =
        ConnPool.<Conn>builder(
                context -> {
                  reachable.await();
                  return new Conn();
                })
            .acquireTimeout(MINUTES)
            .dialTimeout(MINUTES)
            .build()) {
      List<Thread> waiters = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        Thread waiter = new Thread(() -> serve(pool), "waiter-" + i);
        waiter.setDaemon(true);
        waiter.start();
        waiters.add(waiter);
      }
      eventually(pool, "all wait", stats -> stats.pending() == 1000);
      for (Thread waiter : waiters) {
        eventually(() -> waiter + " parks", () -> waiter.getState() == Thread.State.TIMED_WAITING);
      }
      double cores =
          perSecond(() -> waiters.stream().mapToLong(this::nanos).sum() + poolNanos()) / 1e9;
      assertEquals(1000, pool.stats().pending());
      System.out.printf(
          "1,000 waiters during a dial of %d s: %.2f %% of a core%n", SECONDS, cores * 100);
      assertTrue(cores < 0.05, cores + " cores");
      reachable.countDown();
      waiters.forEach(waiter -> ends(waiter));
    }
  }

  @Test
  void aHundredIdlePoolsWakeUpFewerThanTwentyTimesASecondTogether() throws Exception {
    Path tasks = Path.of("/proc/self/task");
    assumeTrue(Files.isDirectory(tasks), "this operating system does not count wake-ups here");
    List<ConnPool<Conn>> pools = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        ConnPool<Conn> pool =
            ConnPool.<Conn>builder(context -> new Conn())
                .heartbeat((conn, limit) -> {})
                .probe(conn -> Health.CLEAN)
                .maxIdle(1)
                .build();
        pool.run(conn -> {});
        pools.add(pool);
      }
      for (ConnPool<Conn> pool : pools) {
        eventually(pool, "is at rest", stats -> stats.idle() == 1 && stats.dialing() == 0);
      }
      eventually(() -> "the workers that dialed have ended", () -> workers() == 0);
      double wakeUps = Double.MAX_VALUE;
      for (int i = 0; i < MOST_WINDOWS && wakeUps >= 20; i++) {
        wakeUps = Math.min(wakeUps, perSecond(() -> wakeUps(tasks)));
      }
      System.out.printf("100 idle pools: %.1f wake-ups a second%n", wakeUps);
      assertTrue(wakeUps < 20, wakeUps + " a second");
    } finally {
      pools.forEach(ConnPool::close);
    }
  }

  @Test
  void anIdleConnectionCostsLessThanAKilobyteOfHeap() throws Exception {
    int connections = 5_000;
    try (ConnPool<Conn> pool =
        ConnPool.<Conn>builder(context -> new Conn())
            .maxActive(connections)
            .maxIdle(connections)
            .build()) {
      pool.run(conn -> {}); // what there is once for all
      long before = heap();
      assertEquals(connections, pool.warmUp(connections, 4, MINUTES, exist -> {}));
      eventually(pool, "is at rest", stats -> stats.idle() == connections && stats.dialing() == 0);
      long each = (heap() - before) / connections;
      System.out.printf("an idle connection: %d bytes of heap%n", each);
      assertTrue(each < 1_000, each + " bytes");
    }
  }

  @Test
  void cancelledWaitsLeaveNothingOnTheHeap() throws Exception {
    try (ConnPool<Conn> pool =
        ConnPool.<Conn>builder(context -> new Conn())
            .maxActive(1)
            .acquireTimeout(MINUTES)
            .build()) {
      try (var lease = pool.acquire()) {
        cancelWaits(pool, 10_000);
        long before = heap();
        cancelWaits(pool, CANCELLED);
        long growth = heap() - before;
        assertEquals(0, pool.stats().pending());
        System.out.printf("%,d cancelled waits: the heap grew by %d bytes%n", CANCELLED, growth);
        assertTrue(growth < 100_000, growth + " bytes"); // one byte each would be as much
      }
    }
  }

  private static void cancelWaits(ConnPool<Conn> pool, int count) {
    for (int i = 0; i < count; i++) {
      CompletableFuture<?> wait = pool.acquireAsync();
      assertTrue(wait.cancel(false));
    }
  }

  private static void serve(ConnPool<Conn> pool) {
    try {
      pool.run(conn -> {});
    } catch (InterruptedException never) {
      throw new AssertionError(never);
    }
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private long nanos(Thread thread) {
    return Math.max(0, threads.getThreadCpuTime(thread.getId()));
  }

  private long poolNanos() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("connpool"))
        .mapToLong(this::nanos)
        .sum();
  }

  private static long workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("connpool") && name.contains("-worker-"))
        .count();
  }

  /** By how much this grows in a second. */
  private static double perSecond(LongSupplier counter) throws InterruptedException {
    long began = System.nanoTime();
    long before = counter.getAsLong();
    new CountDownLatch(1).await(SECONDS, TimeUnit.SECONDS); // the measured time, nothing else
    return (counter.getAsLong() - before) * 1e9 / (System.nanoTime() - began);
  }

  /** How often the threads of pools, and those that carry virtual ones, went to sleep. */
  private static long wakeUps(Path tasks) {
    try (Stream<Path> each = Files.list(tasks)) {
      return each.mapToLong(FrugalityTest::sleepsOf).sum();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static long sleepsOf(Path task) {
    try {
      String name = Files.readString(task.resolve("comm"));
      if (!name.startsWith("connpool") && !name.startsWith("ForkJoinPool")) {
        return 0;
      }
      try (Stream<String> lines = Files.lines(task.resolve("status"))) {
        return lines
            .filter(line -> line.startsWith("voluntary_ctxt_switches"))
            .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
            .sum();
      }
    } catch (IOException threadEnded) {
      return 0;
    }
  }
}
