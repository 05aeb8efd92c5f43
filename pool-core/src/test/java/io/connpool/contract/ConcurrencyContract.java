package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolStats;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Many threads at once. {@link FakeConn#enter} fails the test when a connection has too many
 * owners.
 */
abstract class ConcurrencyContract extends PoolContract {
  private static final int THREADS = 8;
  private static final int ROUNDS = 300;

  private final Object collecting = new Object();

  ConcurrencyContract(PoolKind kind) {
    super(kind);
  }

  /** What each thread does in each round. */
  @FunctionalInterface
  private interface Round {
    void play(Random random) throws Exception;
  }

  private void hammer(Round round) throws Exception {
    List<Caller<Void>> callers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      long seed = i;
      callers.add(
          begin(
              () -> {
                Random random = new Random(seed);
                for (int r = 0; r < ROUNDS; r++) {
                  round.play(random);
                }
                return null;
              }));
    }
    for (Caller<Void> caller : callers) {
      caller.result();
    }
  }

  private static void use(FakeConn connection) {
    connection.enter();
    try {
      if (ThreadLocalRandom.current().nextInt(4) == 0) {
        Thread.yield();
      }
      assertTrue(!connection.isClosed(), () -> connection + " is closed while it is out");
    } finally {
      connection.leave();
    }
  }

  /** Nobody waits, nothing is out, and what exists is idle. */
  private static void allIsBack(ConnPool<?> pool) {
    PoolWorld.eventually(
        pool,
        "all is back",
        stats ->
            stats.leases() == 0
                && stats.pending() == 0
                && stats.dialing() == 0
                && stats.idle() == stats.dialed() - stats.closed());
  }

  @Test
  void noConnectionEverHasMoreOwnersThanPlaces() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);

    hammer(
        random -> {
          switch (random.nextInt(5)) {
            case 0 -> pool.run(ConcurrencyContract::use);
            case 1 -> {
              try (Lease<FakeConn> lease = pool.acquire()) {
                use(lease.get());
              }
            }
            case 2 ->
                pool.tryAcquire()
                    .ifPresent(
                        lease -> {
                          use(lease.get());
                          lease.close();
                        });
            case 3 ->
                AccessPath.await(
                    pool.acquireAsync()
                        .thenAccept(
                            lease -> {
                              use(lease.get());
                              lease.close();
                            }));
            default ->
                AccessPath.await(
                    pool.callAsync(
                        connection -> CompletableFuture.runAsync(() -> use(connection))));
          }
        });

    allIsBack(pool);
    assertEquals(0, pool.stats().closed());
    assertTrue(pool.stats().dialed() <= 3, () -> pool.stats().toString());
    assertEquals(0, pool.stats().misuses());
  }

  @Test
  void whatOneHolderDidTheNextOneSees() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    int[][] plain = new int[3][16]; // by connection; neither volatile nor locked
    AtomicInteger expected = new AtomicInteger();

    hammer(
        random -> {
          List<Lease<FakeConn>> whole = wholeConnection(pool);
          plain[whole.get(0).get().id()][0]++;
          expected.incrementAndGet();
          closeAll(whole);
        });

    int counted = 0;
    for (Lease<FakeConn> lease : takeAll(pool, 2)) {
      int[] cell = plain[lease.get().id()];
      counted += cell[0];
      cell[0] = 0;
    }
    assertEquals(expected.get(), counted);
  }

  /** Leases of whole connections, so that nobody shares them: of one, or if shared of both. */
  private List<Lease<FakeConn>> wholeConnection(ConnPool<FakeConn> pool) throws Exception {
    if (kind.capacity() == 1) {
      return List.of(pool.acquire());
    }
    synchronized (collecting) { // given up before the use, so it orders no two uses
      List<Lease<FakeConn>> leases = new ArrayList<>();
      while (leases.size() < 2 * kind.capacity()) {
        leases.add(pool.acquire());
      }
      return leases;
    }
  }

  @Test
  void whateverBreaksNoPlaceIsLost() throws Exception {
    hooks.classify =
        (connection, failure) -> failure instanceof IOException ? Verdict.RETIRE : Verdict.CLOSE;
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(3).classify(hooks::classify));

    hammer(
        random -> {
          switch (random.nextInt(6)) {
            case 0 -> pool.acquire().invalidate();
            case 1 -> {
              try (Lease<FakeConn> lease = pool.acquire()) {
                signals(lease.get()).dead(new IOException("end of stream"));
              }
            }
            case 2 -> fail(pool, new IOException());
            case 3 -> fail(pool, new IllegalStateException());
            case 4 -> askAndPerhapsGiveUp(pool, random.nextBoolean());
            default -> pool.run(FakeConn::use);
          }
        });

    allIsBack(pool);
    takeAll(pool, 3);
    atRest(
        pool, taken(3) + ", dialed " + pool.stats().dialed() + ", closed " + pool.stats().closed());
    assertEquals(3, pool.stats().dialed() - pool.stats().closed());
  }

  /** A future that could not be cancelled any more has a lease that somebody must end. */
  private static void askAndPerhapsGiveUp(ConnPool<FakeConn> pool, boolean giveUp) {
    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();
    future.thenAccept(Lease::close);
    if (giveUp) {
      future.cancel(true);
    }
  }

  private static void fail(ConnPool<FakeConn> pool, Exception failure) {
    assertSame(
        failure,
        assertThrows(
            failure.getClass(), () -> pool.run(connection -> CallContract.raise(failure))));
  }

  @Test
  void staleLeasesNeverActHoweverOftenTheyAreEnded() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    AtomicLong misuses = new AtomicLong();

    hammer(
        random -> {
          Lease<FakeConn> lease = pool.acquire();
          use(lease.get());
          lease.close();
          for (int i = random.nextInt(3); i > 0; i--) {
            lease.close();
            misuses.incrementAndGet();
          }
        });

    allIsBack(pool);
    assertEquals(misuses.get(), pool.stats().misuses());
    assertEquals(0, pool.stats().closed());
  }

  @Test
  void noMoreAreOutAtOnceThanHardMaxAllows() throws Exception {
    ConnPool<FakeConn> pool =
        pool(b -> b.maxActive(2).hardMax(4).whenExhausted(WhenExhausted.OVERFLOW));
    AtomicInteger out = new AtomicInteger();

    hammer(
        random -> {
          try (Lease<FakeConn> lease = pool.acquire()) {
            int now = out.incrementAndGet();
            assertTrue(now <= 4 * kind.capacity(), () -> now + " leases out");
            use(lease.get());
            out.decrementAndGet();
          } catch (PoolExhaustedException exhausted) {
            assertTrue(exhausted.getMessage().contains("hardMax"), exhausted::getMessage);
          }
        });

    PoolWorld.eventually(
        pool,
        "the surplus is gone",
        stats -> stats.leases() == 0 && stats.dialing() == 0 && stats.total() <= 2);
    allIsBack(pool);
  }

  @Test
  void waitersThatTimeOutWhileTheyAreServedLoseNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Caller<Void> time =
        begin(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                clock().advance(Duration.ofMillis(1));
                Thread.yield();
              }
              return null;
            });
    AtomicLong timeouts = new AtomicLong();

    hammer(
        random -> {
          try (Lease<FakeConn> lease = pool.acquire(Duration.ofMillis(random.nextInt(3)))) {
            use(lease.get());
          } catch (AcquireTimeoutException timeout) {
            timeouts.incrementAndGet();
          }
        });

    time.interrupt();
    time.result();
    allIsBack(pool);
    PoolStats stats = pool.stats();
    assertEquals(timeouts.get(), stats.timeouts());
    assertTrue(stats.dialed() - stats.closed() <= 1, stats::toString);
  }

  @Test
  void aCloseAmongManyCallersRefusesThemAllAndLeavesNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    AtomicInteger used = new AtomicInteger();
    List<Caller<?>> callers = new ArrayList<>();
    for (AccessPath path : AccessPath.values()) {
      callers.add(
          begin(
              () -> {
                while (true) {
                  path.use(pool, LIMIT);
                  used.incrementAndGet();
                }
              }));
    }
    PoolWorld.eventually(() -> "in full swing", () -> used.get() > 200);

    pool.close(LIMIT);

    for (Caller<?> caller : callers) {
      caller.failure(PoolClosedException.class);
    }
    PoolWorld.eventually(
        pool, "nothing is left", stats -> stats.total() == 0 && stats.dialed() == stats.closed());
    assertEquals(0, pool.stats().pending());
  }
}
