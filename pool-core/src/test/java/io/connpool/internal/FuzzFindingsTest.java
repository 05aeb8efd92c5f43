package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolClosedException;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolsUnderTest;
import io.connpool.Transport;
import io.connpool.WhenExhausted;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@link EngineFuzzTest} has found, each with as few steps as it takes. */
class FuzzFindingsTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final FuzzWorld world = new FuzzWorld(new SplittableRandom(1), new FuzzTrace(), 0);
  private final List<Conn> connections = new ArrayList<>();
  private int capacity = 1;
  private boolean dialsHang;

  private static final class Conn {
    final DialContext context;
    int capacity;
    int heartbeats;
    int closes;
    Health health = Health.CLEAN;

    Conn(DialContext context, int capacity) {
      this.context = context;
      this.capacity = capacity;
    }
  }

  private class Exclusive implements Transport<Conn> {
    @Override
    public Conn dial(DialContext context) {
      if (dialsHang) {
        Fibre.current().suspend(Fibre.State.CALLING);
      }
      Conn connection = new Conn(context, capacity);
      connections.add(connection);
      return connection;
    }

    @Override
    public void close(Conn connection, CloseReason reason) {
      connection.closes++;
    }
  }

  private final class Shared extends Exclusive {
    @Override
    public int capacity(Conn connection) {
      return connection.capacity;
    }
  }

  private DefaultConnPool<Conn> pool(
      Transport<Conn> transport, UnaryOperator<PoolBuilder<Conn>> settings) {
    PoolBuilder<Conn> builder =
        ConnPool.builder(transport).maxActive(1).idleTimeout(Duration.ZERO).name("found");
    return (DefaultConnPool<Conn>)
        PoolsUnderTest.build(settings.apply(builder), world.environment());
  }

  /** Timers of a world, for all of which the time comes at once as soon as a test says so. */
  private static final class Hasty implements Environment.Timers {
    private final Environment real;
    boolean hurry;

    Hasty(Environment real) {
      this.real = real;
    }

    Environment environment() {
      return new Environment(real.clock(), this, real.workers(), real.relay(), real.random());
    }

    @Override
    public Environment.Timer at(long moment, Runnable task) {
      if (!hurry) {
        return real.timers().at(moment, task);
      }
      task.run();
      return () -> {};
    }

    @Override
    public void close() {
      real.timers().close();
    }
  }

  private static Health look(Conn connection) {
    return connection.health;
  }

  private Lease<Conn> acquire(ConnPool<Conn> pool) {
    CompletableFuture<Lease<Conn>> future = pool.acquireAsync(LONG);
    world.rest();
    return future.join();
  }

  @AfterEach
  void endAllFibres() {
    world.abandon();
  }

  @Test
  void aParkedConnectionThatMayServeNobodyAnyMoreIsNotLent() {
    capacity = 2;
    DefaultConnPool<Conn> pool = pool(new Shared(), b -> b);
    acquire(pool).close();
    world.advance(Duration.ofSeconds(2), world::rest);
    Conn connection = connections.get(0);
    connection.capacity = 0;
    connection.context.signals().capacityChanged();
    assertTrue(pool.tryAcquire().isEmpty());
  }

  @Test
  void aCloseWhoseTimeIsOverBeforeItsWorkerBeginsIsMadeAllTheSame() {
    DefaultConnPool<Conn> pool = pool(new Exclusive(), b -> b);
    acquire(pool).invalidate();
    world.freeze(LONG);
    world.rest();
    assertEquals(1, connections.get(0).closes);
    assertEquals(1, pool.stats().closeFailures());
  }

  @Test
  void whoMayNotWaitIsNotToldThatItHasWaitedTooLong() {
    Hasty timers = new Hasty(world.environment());
    ConnPool<Conn> pool =
        PoolsUnderTest.build(
            ConnPool.builder(new Exclusive()).maxActive(1).whenExhausted(WhenExhausted.FAIL),
            timers.environment());
    acquire(pool);
    timers.hurry = true;

    CompletableFuture<Lease<Conn>> refused = pool.acquireAsync(LONG);

    assertInstanceOf(
        PoolExhaustedException.class, refused.handle((got, failure) -> failure).getNow(null));
    assertEquals(0, pool.stats().timeouts());
  }

  @Test
  void aFutureWhoseTimeIsOverWhileABadLoanIsOnItsWayIsTold() {
    DefaultConnPool<Conn> pool = pool(new Exclusive(), b -> b.probe(FuzzFindingsTest::look));
    Lease<Conn> lease = acquire(pool);
    CompletableFuture<Lease<Conn>> future = pool.acquireAsync(Duration.ofSeconds(1));
    dialsHang = true;
    lease.close();
    connections.get(0).health = Health.STALE;
    world.freeze(Duration.ofSeconds(2));
    world.rest();
    assertInstanceOf(
        AcquireTimeoutException.class, future.handle((got, failure) -> failure).getNow(null));
  }

  @Test
  void aFutureThatIsCancelledWhileABadLoanIsOnItsWayLeavesTheQueue() {
    DefaultConnPool<Conn> pool = pool(new Exclusive(), b -> b.probe(FuzzFindingsTest::look));
    Lease<Conn> lease = acquire(pool);
    CompletableFuture<Lease<Conn>> future = pool.acquireAsync(LONG);
    dialsHang = true;
    lease.close();
    connections.get(0).health = Health.STALE;
    future.cancel(false);
    world.rest();
    assertEquals(0, pool.stats().pending());
  }

  @Test
  void aCallWhoseConnectionAClosingPoolTakesBackBeforeItBeginsIsTold() {
    DefaultConnPool<Conn> pool = pool(new Exclusive(), b -> b);
    Lease<Conn> lease = acquire(pool);
    CompletableFuture<Object> result = pool.callAsync(c -> new CompletableFuture<>());
    lease.close();
    world.beginBlocking("close", () -> pool.close(Duration.ZERO));
    world.rest();
    assertInstanceOf(
        PoolClosedException.class, result.handle((got, failure) -> failure).getNow(null));
  }

  @Test
  void aDialThatComesBackAtLastLetsTheNextOneBeginAtOnce() {
    dialsHang = true;
    DefaultConnPool<Conn> pool =
        pool(new Exclusive(), b -> b.dialTimeout(Duration.ofMillis(10)).heartbeatInterval(LONG));
    CompletableFuture<Lease<Conn>> future = null;
    while (pool.stats().abandoned() < 64) {
      if (future == null || future.isDone()) {
        future = pool.acquireAsync(LONG);
      }
      world.advance(Duration.ofMillis(10), world::rest);
    }
    future = pool.acquireAsync(LONG);
    world.advance(Duration.ofSeconds(1), world::rest); // no pause after the last failure any more
    assertEquals(0, pool.stats().dialing());
    world.resume(world.in(Fibre.State.CALLING).get(0));
    world.rest();
    assertEquals(1, pool.stats().dialing());
  }

  /** Seed 724: the keeper let it lie as if it had just been used, and it was lent unproven. */
  @Test
  void anIdleConnectionThatIsKeptBesideOnesThatWillGoGetsItsHeartbeats() {
    DefaultConnPool<Conn> pool =
        pool(
            new Exclusive(),
            b ->
                b.whenExhausted(WhenExhausted.OVERFLOW)
                    .hardMax(2)
                    .heartbeat((conn, limit) -> conn.heartbeats++)
                    .heartbeatInterval(Duration.ofMillis(100)));
    Lease<Conn> going = acquire(pool);
    pool.evictAll();
    Lease<Conn> kept = acquire(pool);
    Conn idle = kept.get();
    kept.close();
    for (int i = 0; i < 30; i++) {
      world.advance(Duration.ofMillis(10), world::rest);
    }
    assertEquals(0, idle.closes);
    assertTrue(idle.heartbeats > 1, idle.heartbeats + " heartbeats");
    going.close();
  }

  @Test
  void whatAnInterruptedWaiterPassesOnIsNotLentIfItIsDeadByThen() {
    DefaultConnPool<Conn> pool = pool(new Exclusive(), b -> b.fair(true));
    Lease<Conn> lease = acquire(pool);
    Fibre first =
        world.begin(
            "first",
            () -> {
              try {
                pool.acquire(LONG).close();
              } catch (InterruptedException expected) {
                Thread.currentThread().interrupt();
              }
            });
    CompletableFuture<Lease<Conn>> second = pool.acquireAsync(LONG);
    lease.close(); // to the first, who does not know it yet
    world.interrupt(first);
    connections.get(0).context.signals().dead(new IOException("reset"));
    world.rest();
    assertEquals(connections.get(1), second.join().get());
    assertEquals(1, connections.get(0).closes);
  }

  @Test
  void aConnectionThatMayServeNobodyStillGetsItsHeartbeatsWhileSomebodyWaits() {
    capacity = 0;
    DefaultConnPool<Conn> pool =
        pool(
            new Shared(),
            b ->
                b.probe(FuzzFindingsTest::look)
                    .heartbeat((c, limit) -> c.heartbeats++)
                    .heartbeatInterval(Duration.ofSeconds(1)));
    CompletableFuture<Lease<Conn>> waiting = pool.acquireAsync(LONG);
    world.advance(Duration.ofSeconds(5), world::rest);
    assertFalse(waiting.isDone());
    assertTrue(connections.get(0).heartbeats >= 4, () -> connections.get(0).heartbeats + " only");
  }

  @Test
  void aHeartbeatOfAConnectionThatMayServeNobodyIsNoHelpForAWaiter() {
    capacity = 0;
    DefaultConnPool<Conn> pool =
        pool(
            new Shared(),
            b ->
                b.maxActive(2)
                    .minIdle(1)
                    .heartbeat((c, limit) -> c.heartbeats++)
                    .heartbeatInterval(Duration.ofSeconds(10)));
    world.advance(Duration.ofSeconds(2), world::rest);
    world.freeze(LONG.minusSeconds(1));
    world.rest();
    dialsHang = true;
    CompletableFuture<Lease<Conn>> waiting = pool.acquireAsync(LONG);
    world.rest();
    assertFalse(waiting.isDone());
    assertEquals(1, pool.stats().dialing());
  }

  @Test
  void theSecondPassOfAScanSeesRoomInWhatWasParkedInTheFirst() {
    capacity = 2;
    DefaultConnPool<Conn> pool = pool(new Shared(), b -> b);
    Lease<Conn> lease = acquire(pool);
    assertNotNull(lease.get());
    // for a scan whose first pass was over before that lease began
    assertNotNull(pool.engine.table.takeParked(pool.engine.checks.provenAfter()));
  }

  /** Dialed one after the other, without bound, for as long as one caller waited. */
  @Test
  void aNewConnectionThatMayServeNobodyIsFollowedByAPauseAsAfterAFailedDial() {
    capacity = 0;
    DefaultConnPool<Conn> pool = pool(new Shared(), b -> b.maxActive(0).maxConcurrentDials(1));
    CompletableFuture<Lease<Conn>> waiting = pool.acquireAsync(LONG);
    world.rest();
    assertEquals(1, connections.size());
    world.advance(Duration.ofSeconds(10), world::rest);
    int dialed = connections.size();
    assertTrue(dialed > 10 && dialed < 200, () -> dialed + " were dialed");
    capacity = 1;
    world.advance(Duration.ofSeconds(1), world::rest);
    assertTrue(waiting.isDone());
  }

  /** It was acted upon only after one loan. */
  @Test
  void aSignalThatComesWhileANewConnectionIsLookedAtKeepsItFromBeingLent() {
    DefaultConnPool<Conn> pool =
        pool(
            new Exclusive(),
            b ->
                b.probe(
                    connection -> {
                      if (connection == connections.get(0)) {
                        connection.context.signals().retire("it has just begun to go down");
                      }
                      return Health.CLEAN;
                    }));
    CompletableFuture<Lease<Conn>> waiting = pool.acquireAsync(LONG);
    world.advance(Duration.ofSeconds(1), world::rest);
    assertEquals(connections.get(1), waiting.join().get());
    assertEquals(1, connections.get(0).closes);
  }
}
