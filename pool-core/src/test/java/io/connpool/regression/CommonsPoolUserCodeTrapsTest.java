package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.failureOf;
import static io.connpool.testkit.PoolWorld.outcome;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.DialException;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The traps of commons-pool2 that user code springs by blocking, throwing or being odd; numbered as
 * in {@link CommonsPoolTrapsTest}.
 */
class CommonsPoolUserCodeTrapsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /** Guards: the failure of a dial, an error included, looks after the waiters it does not fail. */
  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"THROW", "THROW_ERROR", "NULL"})
  void trap01_aFailedDialServesTheNextWaiterWithAnotherDial(Step failure) {
    transport.next(Function.DIAL, failure);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    CompletableFuture<Lease<FakeConn>> first = pool.acquireAsync();
    CompletableFuture<Lease<FakeConn>> second = pool.acquireAsync();
    assertInstanceOf(DialException.class, failureOf(first));
    world.clock().advance(Duration.ofMillis(500));
    assertEquals(1, outcome(second).get().id());
  }

  /** POOL-431, jedis#4519. Guards: who gives back neither dials nor hears of a dial. */
  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"THROW", "THROW_ERROR", "HANG_DEAF"})
  void trap02_givingBackNeitherDialsNorThrows(Step dial) throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2).minIdle(2));
    eventually(pool, "minIdle", stats -> stats.idle() == 2);
    Lease<FakeConn> broken = pool.acquire();
    Lease<FakeConn> stale = pool.acquire();
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
    transport.always(Function.DIAL, dial).onRelease(Health.STALE);
    Thread user =
        world.spawn(
            () -> {
              broken.invalidate(new IOException("broken"));
              stale.close();
            });
    ends(user);
    eventually(() -> "two dials", () -> transport.attempts() >= 3);
    assertEquals(0, pool.stats().leased());
    assertFalse(waiter.isDone() && !waiter.isCompletedExceptionally());
  }

  /** Where user code may block. */
  private enum Callback {
    DIAL,
    HEARTBEAT,
    CLOSE,
    PROBE,
    ON_RELEASE,
    CLASSIFY
  }

  /** POOL-419, httpcore#559. Guards: user code runs under no lock. */
  @ParameterizedTest
  @EnumSource(Callback.class)
  void trap03_nothingIsHeldWhileUserCodeRuns(Callback callback) throws Exception {
    Blocking blocking = new Blocking();
    ConnPool<FakeConn> pool = world.pool(ConnPool.builder(blocking).maxActive(4));
    Lease<FakeConn> one = pool.acquire();
    Lease<FakeConn> two = pool.acquire();
    blocking.armed.set(callback);
    Thread victim = world.spawn(() -> provoke(callback, pool, one));
    eventually(() -> "blocked", () -> blocking.armed.get() == null);
    if (callback == Callback.DIAL || callback == Callback.HEARTBEAT) {
      ends(victim); // it is a worker that blocks
      one.close();
    }
    Thread others =
        world.spawn(
            () -> {
              two.close();
              Lease<FakeConn> three = pool.acquire();
              Lease<FakeConn> four = pool.acquire();
              three.invalidate();
              three.close();
              four.close();
              assertEquals(0, pool.stats().pending());
              pool.run(FakeConn::use);
            });
    ends(others);
    blocking.release.countDown();
    ends(victim);
    eventually(pool, "at rest", stats -> stats.leased() + stats.dialing() == 0);
  }

  private static void provoke(Callback callback, ConnPool<FakeConn> pool, Lease<FakeConn> lease)
      throws Exception {
    switch (callback) {
      case DIAL, HEARTBEAT -> pool.acquireAsync().thenAccept(Lease::close);
      case CLOSE -> lease.invalidate();
      case ON_RELEASE -> lease.close();
      case PROBE -> {
        lease.close();
        pool.run(FakeConn::use);
      }
      case CLASSIFY -> {
        lease.close();
        assertThrows(IOException.class, () -> pool.run(c -> raise(new IOException("broken"))));
      }
    }
  }

  private static void raise(IOException failure) throws IOException {
    throw failure;
  }

  /** A transport that blocks once, where it is told. */
  private final class Blocking implements Transport<FakeConn> {
    final AtomicReference<Callback> armed = new AtomicReference<>();
    final CountDownLatch release = new CountDownLatch(1);

    private void in(Callback callback) {
      if (armed.compareAndSet(callback, null)) {
        try {
          release.await();
        } catch (InterruptedException cut) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public FakeConn dial(DialContext context) throws Exception {
      in(Callback.DIAL);
      return transport.dial(context);
    }

    @Override
    public void heartbeat(FakeConn connection, Duration limit) throws Exception {
      in(Callback.HEARTBEAT);
    }

    @Override
    public void close(FakeConn connection, CloseReason reason) throws Exception {
      in(Callback.CLOSE);
      transport.close(connection, reason);
    }

    @Override
    public Health probe(FakeConn connection) {
      in(Callback.PROBE);
      return Health.CLEAN;
    }

    @Override
    public Health onRelease(FakeConn connection) {
      in(Callback.ON_RELEASE);
      return Health.CLEAN;
    }

    @Override
    public Verdict classify(FakeConn connection, Throwable failure) {
      in(Callback.CLASSIFY);
      return Verdict.KEEP;
    }
  }

  /** PR 346. Guards: null is a failed dial, and a failed dial is told. */
  @Test
  void trap06_nullFromADialFailsACallerWhoWouldWaitForEver() {
    transport.always(Function.DIAL, Step.NULL);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    assertThrows(DialException.class, () -> pool.acquire(Duration.ofDays(99_999)));
    assertEquals(0, pool.stats().total());
  }

  /** Guards: the thread that all pools share never runs user code, nor waits for it. */
  @Test
  void trap08_aHeartbeatThatHangsStopsTheMaintenanceOfNoOtherPool() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger hanging = new AtomicInteger();
    AtomicInteger beats = new AtomicInteger();
    AtomicInteger closes = new AtomicInteger();
    PoolBuilder<AutoCloseable> sick =
        ConnPool.<AutoCloseable>builder(context -> () -> {})
            .heartbeat((c, limit) -> hangAfter(hanging, release));
    PoolBuilder<AutoCloseable> sound =
        ConnPool.<AutoCloseable>builder(context -> closes::incrementAndGet)
            .heartbeat((c, limit) -> beats.incrementAndGet())
            .maxIdle(1)
            .idleTimeout(Duration.ofMillis(100));
    try (ConnPool<AutoCloseable> one = onRealTime(sick);
        ConnPool<AutoCloseable> two = onRealTime(sound)) {
      one.run(c -> {});
      two.run(c -> two.run(d -> {}));
      eventually(() -> "a heartbeat hangs", () -> hanging.get() > 1);
      int before = beats.get();
      eventually(() -> "heartbeats go on", () -> beats.get() >= before + 5);
      eventually(() -> "the idle expire", () -> closes.get() == 1);
      release.countDown();
    }
  }

  private static void hangAfter(AtomicInteger first, CountDownLatch release) {
    while (first.incrementAndGet() > 1 && release.getCount() > 0) {
      try {
        release.await();
      } catch (InterruptedException deaf) {
        // for ever
      }
    }
  }

  private static <C> ConnPool<C> onRealTime(PoolBuilder<C> settings) {
    return settings.heartbeatInterval(Duration.ofMillis(50)).closeTimeout(SECOND).build();
  }

  /** The same within one pool: deaf heartbeats use up no place that others need. */
  @Test
  void trap08_heartbeatsThatHangForEverDoNotKeepOthersFromTheirs() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(20).maxIdle(20).minIdle(20));
    eventually(pool, "20 idle", stats -> stats.idle() == 20);
    for (int i = 0; i < 8; i++) {
      transport.next(Function.HEARTBEAT, Step.HANG_DEAF);
    }
    for (int second = 0; second < 180; second++) {
      world.clock().advance(SECOND);
    }
    eventually(pool, "8 hang", stats -> stats.abandoned() == 8 && stats.idle() == 20);
    transport.open().forEach(c -> assertTrue(c.heartbeats() >= 2, () -> "never again " + c));
  }

  /** A connection that is equal to all others, and has no hash code. */
  private static final class Equal implements AutoCloseable {
    @Override
    public boolean equals(Object other) {
      return other instanceof Equal;
    }

    @Override
    public int hashCode() {
      throw new UnsupportedOperationException("hashCode");
    }

    @Override
    public void close() {}
  }

  /** POOL-283, 284. Guards: a connection is known by its slot. */
  @Test
  void trap10_connectionsThatAreEqualToEachOtherAreNotMixedUp() throws Exception {
    ConnPool<Equal> pool = world.pool(ConnPool.builder(context -> new Equal()).maxActive(2));
    Lease<Equal> one = pool.acquire();
    Lease<Equal> two = pool.acquire();
    assertTrue(one.get() != two.get());
    Equal kept = two.get();
    one.invalidate();
    two.close();
    assertSame(kept, pool.acquire().get());
    assertEquals(1, pool.stats().total());
  }

  /** spring-thrift-starter#27. Guards: a callback that throws means broken, and frees the place. */
  @Test
  void trap16_aLookThatThrowsAtReleaseClosesAndServesTheWaiter() throws Exception {
    ConnPool<FakeConn> pool = world.pool(ConnPool.builder(new Hostile()).maxActive(1));
    Lease<FakeConn> lease = pool.acquire();
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
    lease.close();
    assertEquals(2, outcome(waiter).get().id());
    outcome(waiter).close();
    assertEquals(3, pool.call(c -> c).id());
  }

  /** A transport whose inline callbacks throw. */
  private final class Hostile implements Transport<FakeConn> {
    @Override
    public FakeConn dial(DialContext context) throws Exception {
      return transport.dial(context);
    }

    @Override
    public void close(FakeConn connection, CloseReason reason) throws Exception {
      transport.close(connection, reason);
    }

    @Override
    public Health onRelease(FakeConn connection) {
      throw new NullPointerException("passivate");
    }
  }
}
