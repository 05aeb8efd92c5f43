package io.connpool.internal;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolExhaustedException;
import io.connpool.Transport;
import io.connpool.WhenExhausted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many threads do everything at once on few connections, in real time. Afterwards the figures must
 * be exact, and meanwhile nobody may wait while a connection is free: every acquire has a limit
 * that only a lost wake-up can exhaust.
 */
class EngineStressTest {
  private static final int OPERATIONS = 4_000;

  /** A connection that knows how many have it at once. */
  private static final class Conn {
    final AtomicInteger owners = new AtomicInteger();
    final AtomicInteger closes = new AtomicInteger();
  }

  private final AtomicInteger dialed = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicLong lostWakeUps = new AtomicLong();

  private Transport<Conn> transport(int capacity) {
    return new Transport<>() {
      @Override
      public Conn dial(io.connpool.DialContext context) {
        dialed.incrementAndGet();
        return new Conn();
      }

      @Override
      public void close(Conn connection, io.connpool.CloseReason reason) {
        closed.incrementAndGet();
        if (connection.closes.incrementAndGet() > 1) {
          failure.compareAndSet(null, new AssertionError("closed twice"));
        }
      }

      @Override
      public int capacity(Conn connection) {
        return capacity;
      }
    };
  }

  @ParameterizedTest(name = "capacity {0}, fair {1}, {2}")
  @CsvSource({
    "1, false, WAIT",
    "1, true, WAIT",
    "3, false, WAIT",
    "3, true, WAIT",
    "1, false, OVERFLOW",
    "1, false, FAIL"
  })
  void everythingAtOnceLeavesExactFigures(int capacity, boolean fair, WhenExhausted policy)
      throws Exception {
    ConnPool<Conn> pool =
        ConnPool.builder(transport(capacity))
            .name("stress")
            .maxActive(2)
            .maxIdle(2)
            .whenExhausted(policy)
            .fair(fair)
            .build();
    run(pool, capacity, 6);
    eventually(pool, "at rest", s -> s.leased() == 0 && s.pending() == 0 && s.dialing() == 0);
    eventually(pool, "surplus gone", s -> s.total() <= 2);
    assertNull(failure.get());
    assertEquals(0, lostWakeUps.get(), "acquires that timed out though connections were released");
    assertEquals(0, pool.stats().misuses());
    assertTrue(pool.close(Duration.ofSeconds(2)));
    assertEquals(dialed.get(), closed.get());
    assertEquals(0, pool.stats().total());
  }

  private void run(ConnPool<Conn> pool, int capacity, int threads) throws InterruptedException {
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Random random = new Random(i);
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int n = 0; n < OPERATIONS && failure.get() == null; n++) {
                    step(pool, capacity, random);
                  }
                } catch (Throwable broken) {
                  failure.compareAndSet(null, broken);
                }
              },
              "stress-" + i);
      all.add(thread);
      thread.start();
    }
    for (Thread thread : all) {
      thread.join();
    }
  }

  private void step(ConnPool<Conn> pool, int capacity, Random random) throws Exception {
    try {
      switch (random.nextInt(12)) {
        case 0 -> acquireBriefly(pool, capacity);
        case 1 -> pool.tryAcquire().ifPresent(lease -> use(lease, capacity, random));
        case 2, 3 -> async(pool, capacity, random);
        case 4 -> interrupted(pool, capacity, random);
        default -> use(pool.acquire(Duration.ofSeconds(20)), capacity, random);
      }
    } catch (AcquireTimeoutException late) {
      lostWakeUps.incrementAndGet();
    } catch (PoolExhaustedException full) {
      Thread.yield();
    }
  }

  private void acquireBriefly(ConnPool<Conn> pool, int capacity) throws InterruptedException {
    try {
      use(pool.acquire(Duration.ofNanos(30_000)), capacity, new Random(1));
    } catch (AcquireTimeoutException expected) {
      Thread.yield();
    }
  }

  private void async(ConnPool<Conn> pool, int capacity, Random random) throws Exception {
    CompletableFuture<Lease<Conn>> future = pool.acquireAsync(Duration.ofSeconds(20));
    if (random.nextBoolean() && future.cancel(false)) {
      return;
    }
    try {
      use(future.get(), capacity, random);
    } catch (java.util.concurrent.ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException expected) {
        throw expected;
      }
      throw failed;
    }
  }

  private void interrupted(ConnPool<Conn> pool, int capacity, Random random) {
    Thread me = Thread.currentThread();
    Thread other = new Thread(me::interrupt, "stress-interrupter");
    other.start();
    try {
      use(pool.acquire(Duration.ofSeconds(20)), capacity, random);
    } catch (InterruptedException expected) {
      Thread.yield();
    } finally {
      joinUninterruptibly(other);
      Thread.interrupted();
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException late) {
        Thread.yield();
      }
    }
  }

  private void use(Lease<Conn> lease, int capacity, Random random) {
    Conn connection = lease.get();
    int owners = connection.owners.incrementAndGet();
    if (owners > capacity) {
      failure.compareAndSet(null, new AssertionError(owners + " owners"));
    }
    if (random.nextInt(4) == 0) {
      Thread.yield();
    }
    connection.owners.decrementAndGet();
    if (random.nextInt(20) == 0) {
      lease.invalidate();
    } else {
      lease.close();
    }
  }

  @ParameterizedTest(name = "fair {0}")
  @ValueSource(booleans = {false, true})
  void oneConnectionGoesRoundAmongThreadsWithoutAStall(boolean fair) throws Exception {
    try (ConnPool<Conn> pool =
        ConnPool.builder(transport(1)).name("round").maxActive(1).fair(fair).build()) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Thread thread =
            new Thread(
                () -> {
                  try {
                    for (int n = 0; n < 20_000; n++) {
                      pool.acquire().close();
                    }
                  } catch (Throwable broken) {
                    failure.compareAndSet(null, broken);
                  }
                },
                "round-" + i);
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertNull(failure.get());
      assertEquals(1, dialed.get());
    }
  }
}
