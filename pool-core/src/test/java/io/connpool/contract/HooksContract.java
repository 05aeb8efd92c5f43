package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The hooks that three lambdas do not have: probe, look at the release, the transport's verdict.
 */
abstract class HooksContract extends PoolContract {
  HooksContract(PoolKind kind) {
    super(kind);
  }

  /** What a hook may do wrong. */
  enum Fault {
    THROW {
      @Override
      Health commit(FakeConn connection) {
        throw new IllegalStateException("no idea about " + connection);
      }
    },
    THROW_ERROR {
      @Override
      Health commit(FakeConn connection) {
        throw new AssertionError("wrong about " + connection);
      }
    },
    NULL {
      @Override
      Health commit(FakeConn connection) {
        return null;
      }
    };

    abstract Health commit(FakeConn connection);
  }

  // --- before a loan ---

  @ParameterizedTest
  @CsvSource({"STALE, STALE", "DIRTY, DIRTY"})
  void whatAProbeDoubtsIsClosedAndNeverLent(Health seen, CloseReason why) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    hooks.probe = connection -> connection.id() == 1 ? seen : Health.CLEAN;

    assertEquals(2, pool.acquire().get().id());

    closedBecause(why, transport().connection(1));
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @ParameterizedTest
  @EnumSource(names = {"CLEAN", "UNKNOWN"})
  void whatAProbeDoesNotDoubtIsLent(Health seen) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    hooks.probe = connection -> seen;

    assertEquals(1, pool.acquire().get().id());
  }

  @ParameterizedTest
  @EnumSource
  void whatAProbeFailsOnIsBroken(Fault fault) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    hooks.probe = c -> c.id() == 1 ? fault.commit(c) : Health.CLEAN;

    assertEquals(2, pool.acquire().get().id());

    PoolWorld.eventually(() -> "closed", () -> transport().connection(1).isClosed());
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @ParameterizedTest
  @EnumSource
  void noPathLendsAConnectionThatComesToItsEndWhileItIsLookedAt(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    hooks.onAcquire =
        connection -> {
          if (connection.id() == 1) {
            signals(connection).dead(new EOFException());
          }
          return Health.CLEAN;
        };

    assertEquals(2, path.use(pool, LIMIT).id());

    closedBecause(CloseReason.DEAD, transport().connection(1));
    atRest(pool, "idle 1, dialed 2, closed 1");
  }

  @Test
  void aConnectionThatDiesBeforeAnybodyCouldHaveItIsNeverLent() throws Exception {
    hooks.growAt = ofTheFirst(connection -> signals(connection).dead(new EOFException()));
    ConnPool<FakeConn> pool = poolOf(1);

    assertEquals(2, pool.acquire().get().id());

    closedBecause(CloseReason.DEAD, transport().connection(1));
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @Test
  void aConnectionThatIsEvictedBeforeAnybodyCouldHaveItIsNeverLent() throws Exception {
    AtomicReference<ConnPool<FakeConn>> evicting = new AtomicReference<>();
    hooks.growAt = ofTheFirst(connection -> evicting.get().evictAll());
    ConnPool<FakeConn> pool = poolOf(1);
    evicting.set(pool);

    assertEquals(2, pool.acquire().get().id());

    closedBecause(CloseReason.EVICTED, transport().connection(1));
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  /** Does this when the first connection is about to be published. */
  private static ToIntFunction<FakeConn> ofTheFirst(Consumer<FakeConn> action) {
    return connection -> {
      if (connection.id() == 1) {
        action.accept(connection);
      }
      return Integer.MAX_VALUE;
    };
  }

  @Test
  void severalStaleConnectionsAreSkippedForAGoodOne() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    fillIdle(pool, 3);
    transport().connection(1).kill();
    transport().connection(2).kill();

    assertEquals(3, pool.tryAcquire().or(pool::tryAcquire).orElseThrow().get().id());
    assertEquals(3, transport().attempts());
  }

  @ParameterizedTest
  @EnumSource
  void noPathLendsAStaleConnection(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().connection(1).kill();

    assertEquals(2, path.use(pool, LIMIT).id());
  }

  @Test
  void tryAcquireOfStaleConnectionsComesBackEmptyAndBeginsADial() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().connection(1).kill();

    assertFalse(pool.tryAcquire().isPresent());

    atRest(pool, "idle 1, dialed 2, closed 1");
  }

  @Test
  void aConnectionThatGoesStaleWhileParkedIsClosedWithinTwoSeconds() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 2);
    transport().connection(2).kill();

    world.advanceUntil(
        Duration.ofMillis(100), Duration.ofSeconds(2), () -> transport().connection(2).isClosed());

    closedBecause(CloseReason.STALE, transport().connection(2));
    atRest(pool, "idle 1, dialed 2, closed 1");
  }

  @ParameterizedTest
  @EnumSource
  void everyPathPreparesWhatItLendsOnce(AccessPath path) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<FakeConn> prepared = new CopyOnWriteArrayList<>();
    hooks.onAcquire =
        connection -> {
          prepared.add(connection);
          return Health.CLEAN;
        };

    FakeConn lent = path.use(pool, LIMIT);

    assertEquals(List.of(lent), prepared);
  }

  @ParameterizedTest
  @CsvSource({"STALE, STALE", "DIRTY, DIRTY"})
  void whatCannotBePreparedIsClosedAndNeverLent(Health seen, CloseReason why) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    hooks.onAcquire = connection -> connection.id() == 1 ? seen : Health.CLEAN;

    assertEquals(2, pool.acquire().get().id());

    closedBecause(why, transport().connection(1));
  }

  @ParameterizedTest
  @EnumSource
  void whatFailsToBePreparedIsBroken(Fault fault) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    hooks.onAcquire = c -> c.id() == 1 ? fault.commit(c) : Health.CLEAN;

    assertEquals(2, pool.acquire().get().id());

    PoolWorld.eventually(() -> "closed", () -> transport().connection(1).isClosed());
  }

  @Test
  void whatNobodyAskedForIsNeverPrepared() throws Exception {
    AtomicReference<FakeConn> prepared = new AtomicReference<>();
    hooks.onAcquire =
        connection -> {
          prepared.set(connection);
          return Health.CLEAN;
        };
    ConnPool<FakeConn> pool = pool(builder -> builder.maxActive(1).minIdle(1));
    PoolWorld.eventually(pool, "one is idle", stats -> stats.idle() == 1);

    clock().advance(Duration.ofSeconds(90)); // probes every second, and a heartbeat

    assertSame(null, prepared.get());
  }

  @Test
  void whatAProbeDoubtsIsNotPrepared() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().connection(1).kill();
    List<FakeConn> prepared = new CopyOnWriteArrayList<>();
    hooks.onAcquire =
        connection -> {
          prepared.add(connection);
          return Health.CLEAN;
        };

    FakeConn lent = pool.acquire().get();

    assertEquals(List.of(lent), prepared);
  }

  // --- at a release ---

  @ParameterizedTest
  @CsvSource({"STALE, STALE", "DIRTY, DIRTY"})
  void whatALookAtTheReleaseDoubtsIsClosed(Health seen, CloseReason why) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    hooks.onRelease = connection -> seen;

    pool.acquire().close();

    closedBecause(why, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.acquire().get().id());
  }

  @ParameterizedTest
  @EnumSource(names = {"CLEAN", "UNKNOWN"})
  void whatALookAtTheReleaseDoesNotDoubtIsKept(Health seen) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    hooks.onRelease = connection -> seen;

    pool.acquire().close();

    atRest(pool, "idle 1, dialed 1");
  }

  @ParameterizedTest
  @EnumSource
  void whatALookAtTheReleaseFailsOnIsBrokenAndTheReleaseDoesNotThrow(Fault fault) throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    hooks.onRelease = fault::commit;

    pool.acquire().close();

    PoolWorld.eventually(() -> "closed", () -> transport().connection(1).isClosed());
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aDirtyReleaseServesAWaiterWithANewConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    hooks.onRelease = connection -> connection.id() == 1 ? Health.DIRTY : Health.CLEAN;

    closeAll(leases);

    assertEquals(2, waiter.result().get().id());
    closedBecause(CloseReason.DIRTY, transport().connection(1));
  }

  @Test
  void theLookAtTheReleaseHappensOnTheReleasingThread() throws Exception {
    AtomicReference<Thread> looked = new AtomicReference<>();
    hooks.onRelease =
        connection -> {
          looked.set(Thread.currentThread());
          return Health.CLEAN;
        };
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> lease = pool.acquire();

    lease.close();

    assertSame(Thread.currentThread(), looked.get());
  }

  /** The fence comes first: a second end of a lease must not even look at the connection. */
  @Test
  void aSecondCloseDoesNotLookAtTheConnectionOfItsNextHolder() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    Lease<FakeConn> stale = pool.acquire();
    stale.close();
    pool.acquire();
    AtomicReference<FakeConn> looked = new AtomicReference<>();
    hooks.onRelease =
        connection -> {
          looked.set(connection);
          return Health.DIRTY;
        };

    stale.close();

    assertSame(null, looked.get());
    atRest(pool, "leased 1, leases 1, dialed 1, misuses 1");
  }

  // --- verdicts ---

  @Test
  void theVerdictOfTheTransportCountsIfTheBuilderHasNone() {
    transport().verdict(Verdict.KEEP);
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(
        IOException.class, () -> pool.run(c -> CallContract.raise(new IOException("answer"))));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aVerdictToKeepDoesNotSaveAConnectionThatIsDirty() {
    transport().verdict(Verdict.KEEP).onRelease(Health.DIRTY);
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(
        IOException.class, () -> pool.run(c -> CallContract.raise(new IOException("answer"))));

    closedBecause(CloseReason.DIRTY, transport().connection(1));
  }

  @Test
  void closeReasonsTellWhatHappened() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    pool.acquire().invalidate();
    Lease<FakeConn> second = pool.acquire();
    signals(second.get()).retire("going away");
    second.close();
    Lease<FakeConn> third = pool.acquire();
    third.close();

    pool.close();

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    closedBecause(CloseReason.RETIRED, transport().connection(2));
    closedBecause(CloseReason.POOL_CLOSED, transport().connection(3));
  }
}
