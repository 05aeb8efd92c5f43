package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.Verdict.Blame;
import io.connpool.Verdict.Fate;
import io.connpool.Verdict.Retry;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** When a pool of shared connections has several, which one it lends, and how it replaces one. */
final class GrowthTest extends PoolContract {
  private static final int GROW_AT = 4;
  private static final Verdict UNSENT = new Verdict(Fate.RETIRE, Retry.NOT_SENT, Blame.ENDPOINT);

  private final Growing growing = new Growing();

  GrowthTest() {
    super(PoolKind.SHARED);
  }

  /** Connections for ten, of which each should have four, as they know themselves or are told. */
  private final class Growing implements Transport<FakeConn> {
    final Map<FakeConn, Integer> loads = new ConcurrentHashMap<>();
    volatile int growAt = GROW_AT;

    @Override
    public FakeConn dial(DialContext context) throws Exception {
      return hooks.dial(context);
    }

    @Override
    public void close(FakeConn connection, CloseReason reason) throws Exception {
      hooks.close(connection, reason);
    }

    @Override
    public int capacity(FakeConn connection) {
      return 10;
    }

    @Override
    public int growAt(FakeConn connection) {
      return growAt;
    }

    @Override
    public int load(FakeConn connection) {
      return loads.getOrDefault(connection, 0);
    }

    @Override
    public FakeConn share(FakeConn connection) {
      return connection;
    }

    @Override
    public Verdict classify(FakeConn connection, Throwable failure) {
      return hooks.classify(connection, failure);
    }
  }

  private ConnPool<FakeConn> growingPool(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return world.pool(settings.apply(ConnPool.builder(growing).acquireTimeout(LIMIT)));
  }

  private static List<Integer> take(ConnPool<FakeConn> pool, int howMany) throws Exception {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < howMany; i++) {
      ids.add(pool.acquire().get().id());
    }
    return ids;
  }

  // --- how many, and which ---

  @Test
  void aCrowdThatComesBeforeTheFirstConnectionIsServedByOne() throws Exception {
    Semaphore permits = holdDials();
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(8));
    List<Caller<Lease<FakeConn>>> crowd = new ArrayList<>();
    for (int i = 0; i < GROW_AT; i++) {
      crowd.add(beginWaiting(pool, pool::acquire));
    }
    still("one dial", () -> pool.stats().dialing() == 1);

    permits.release();

    for (Caller<Lease<FakeConn>> caller : crowd) {
      assertEquals(1, caller.result().get().id());
    }
    atRest(pool, "leased 1, leases 4, dialed 1");
  }

  @Test
  void aConnectionIsFilledUntilItShouldHaveNoMoreAndThenASecondOneIsDialed() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(2));

    assertEquals(List.of(1, 1, 1, 1), take(pool, GROW_AT));
    still("no second one yet", () -> pool.stats().total() == 1);
    assertEquals(List.of(1), take(pool, 1)); // nobody waits for the second one
    atRest(pool, "idle 1, leased 1, leases 5, dialed 2");

    assertEquals(List.of(2, 2, 2, 2), take(pool, GROW_AT));
  }

  @Test
  void beyondThatTheLessLoadedOfTwoIsLent() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(2));
    take(pool, GROW_AT + 1);
    atRest(pool, "idle 1, leased 1, leases 5, dialed 2");
    take(pool, GROW_AT);

    assertEquals(List.of(2), take(pool, 1)); // five and four
    List<Integer> more = take(pool, 10);

    assertEquals(5, more.stream().filter(id -> id == 1).count());
    atRest(pool, "leased 2, leases 20, dialed 2");
    assertFalse(pool.tryAcquire().isPresent());
  }

  @Test
  void whatAConnectionKnowsToBeInFlightCountsIfItIsMoreThanItsLeases() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(2));
    Lease<FakeConn> one = pool.acquire();
    growing.loads.put(one.get(), GROW_AT);

    assertEquals(List.of(1), take(pool, 1));
    atRest(pool, "idle 1, leased 1, leases 2, dialed 2");
    assertEquals(List.of(2), take(pool, 1));
    growing.loads.clear();

    assertEquals(List.of(1), take(pool, 1));
  }

  @Test
  void aSignalChangesWhenToGrow() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(2));
    take(pool, 1);

    growing.growAt = 1;
    signals(transport().connection(1)).capacityChanged();

    take(pool, 1);
    atRest(pool, "idle 1, leased 1, leases 2, dialed 2");
  }

  @Test
  void maxActiveLimitsTheGrowth() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));

    take(pool, 10);

    atRest(pool, "leased 1, leases 10, dialed 1");
  }

  @Test
  void whatNobodyNeedsAnyMoreExpires() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(2).idleTimeout(Duration.ofSeconds(100)));
    take(pool, GROW_AT + 1);
    atRest(pool, "idle 1, leased 1, leases 5, dialed 2");

    clock().advance(Duration.ofSeconds(200));

    closedBecause(CloseReason.IDLE, transport().connection(2));
    atRest(pool, "leased 1, leases 5, dialed 2, closed 1");
  }

  // --- replacement before retirement ---

  @Test
  void anOldConnectionIsLentUntilItsReplacementIsThere() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(2).maxLifetime(Duration.ofMinutes(10)));
    Lease<FakeConn> old = pool.acquire();
    Semaphore permits = holdDials();

    clock().advance(Duration.ofMinutes(9)); // no lifetime is shorter
    while (permits.getQueueLength() == 0) {
      clock().advance(Duration.ofSeconds(1));
    }
    assertEquals(List.of(1), take(pool, 1));

    permits.release();
    PoolWorld.eventually(pool, "replaced", stats -> stats.total() == 2);
    clock().advance(Duration.ofSeconds(2));
    assertEquals(List.of(2), take(pool, 1));
    still("what has begun on the old one goes on", () -> !old.get().isClosed());
  }

  @Test
  void withoutAPlaceForAReplacementAnOldConnectionIsRetiredAllTheSame() throws Exception {
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1).maxLifetime(Duration.ofMinutes(10)));
    Lease<FakeConn> old = pool.acquire();
    clock().advance(Duration.ofMinutes(12));
    assertFalse(pool.tryAcquire().isPresent());

    old.close();

    closedBecause(CloseReason.LIFETIME, transport().connection(1));
    assertEquals(List.of(2), take(pool, 1));
  }

  // --- what was not sent ---

  /** Fails on the connections up to this one, and says where it ended. */
  private static int failUpTo(int last, FakeConn connection) throws IOException {
    if (connection.id() <= last) {
      throw new IOException("of " + connection.id());
    }
    return connection.id();
  }

  @Test
  void aCallOfWhichNothingWasSentIsMadeOnAnotherConnectionUntilOneTakesIt() throws Exception {
    hooks.classify = (connection, failure) -> UNSENT;
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));

    assertEquals(3, pool.<Integer, IOException>call(c -> failUpTo(2, c)));
    atRest(pool, "idle 1, dialed 3, closed 2");
  }

  @Test
  void soIsAnAsynchronousOne() throws Exception {
    hooks.classify = (connection, failure) -> UNSENT;
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));

    CompletableFuture<Integer> began =
        pool.callAsync(c -> CompletableFuture.completedFuture(failUpTo(2, c)));
    assertEquals(3, result(began).intValue());
    CompletableFuture<Integer> ended =
        pool.callAsync(
            c ->
                c.id() < 5
                    ? CompletableFuture.failedFuture(new IOException())
                    : CompletableFuture.completedFuture(c.id()));
    assertEquals(5, result(ended).intValue());
    atRest(pool, "idle 1, dialed 5, closed 4");
  }

  @Test
  void whatMayHaveBeenSentIsNot() throws Exception {
    hooks.classify =
        (connection, failure) -> new Verdict(Fate.RETIRE, Retry.MAYBE_SENT, Blame.ENDPOINT);
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));

    assertThrows(IOException.class, () -> pool.<Integer, IOException>call(c -> failUpTo(1, c)));
    failure(
        IOException.class, pool.callAsync(c -> CompletableFuture.completedFuture(failUpTo(2, c))));
    atRest(pool, "dialed 2, closed 2");
  }

  @Test
  void whatWasNotSentOverAConnectionThatStaysIsNot() throws Exception {
    hooks.classify =
        (connection, failure) -> new Verdict(Fate.KEEP, Retry.NOT_SENT, Blame.ENDPOINT);
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));

    assertThrows(IOException.class, () -> pool.<Integer, IOException>call(c -> failUpTo(1, c)));
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void itIsMadeElsewhereNineTimesAtMost() throws Exception {
    hooks.classify = (connection, failure) -> UNSENT;
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));

    IOException last =
        assertThrows(
            IOException.class, () -> pool.<Integer, IOException>call(c -> failUpTo(100, c)));
    assertEquals("of 9", last.getMessage());
    failure(
        IOException.class,
        pool.callAsync(c -> CompletableFuture.completedFuture(failUpTo(100, c))));
    atRest(pool, "dialed 18, closed 18");
  }

  @Test
  void ifThereIsNoOtherTheFailureSaysBoth() throws Exception {
    hooks.classify = (connection, failure) -> UNSENT;
    ConnPool<FakeConn> pool = growingPool(b -> b.maxActive(1));
    pool.acquire().close();
    Semaphore permits = holdDials();
    Caller<Integer> caller = begin(() -> pool.<Integer, IOException>call(c -> failUpTo(1, c)));
    heldDials(permits, 1);

    clock().advance(LIMIT.plusSeconds(1));

    AcquireTimeoutException failure = caller.failure(AcquireTimeoutException.class);
    assertSame(IOException.class, failure.getSuppressed()[0].getClass());
    permits.release();
  }
}
