package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.ConnSignals;
import io.connpool.DialContext;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a live connection tells its pool, and when it is not heard any more. */
abstract class SignalsContract extends PoolContract {
  private static final IOException CAUSE = new IOException("end of stream");

  SignalsContract(PoolKind kind) {
    super(kind);
  }

  private boolean isShared() {
    return kind.capacity() > 1;
  }

  // --- dead ---

  @Test
  void anIdleConnectionThatDiesIsClosedAtOnceAndNeverLent() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    signals(transport().connection(1)).dead(CAUSE);

    closedBecause(CloseReason.DEAD, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void noCallerAfterTheSignalGetsTheDeadConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    for (int round = 0; round < 50; round++) {
      Lease<FakeConn> lease = pool.acquire();
      FakeConn connection = lease.get();
      lease.close();
      signals(connection).dead(CAUSE);
      Lease<FakeConn> next = pool.acquire();
      assertNotSame(connection, next.get());
      next.close();
    }
  }

  @Test
  void aConnectionThatDiesOnItsWayToAWaiterIsNotReceived() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    transport().next(Function.DIAL, Step.SLOW);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    PoolWorld.eventually(() -> "dials", () -> transport().blocked() == 1);
    AtomicBoolean died = new AtomicBoolean();
    clock()
        .beforeWakeUp(
            () -> {
              if (died.compareAndSet(false, true)) {
                signals(transport().connection(1)).dead(CAUSE);
              }
            });

    clock().advance(FakeTransport.SLOW);

    assertEquals(2, waiter.result().get().id());
    closedBecause(CloseReason.DEAD, transport().connection(1));
    atRest(pool, "leased 1, leases 1, dialed 2, closed 1");
  }

  @Test
  void aDeathThatIsToldTwiceDoesNotTakeTheNextConnectionAlong() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().next(Function.DIAL, Step.SLOW);
    signals(transport().connection(1)).dead(CAUSE);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);
    PoolWorld.eventually(() -> "dials", () -> transport().blocked() == 1);

    signals(transport().connection(1)).dead(CAUSE);
    clock().advance(FakeTransport.SLOW);

    waiter.result().close();
    atRest(pool, "idle 1, dialed 2, closed 1");
    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void aLentConnectionThatDiesIsClosedWhenItsLeaseEndsOrAtOnceIfShared() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    FakeConn connection = transport().connection(1);

    signals(connection).dead(CAUSE);

    if (isShared()) {
      closedBecause(CloseReason.DEAD, connection);
      PoolWorld.eventually(pool, "it does not exist", stats -> stats.total() == 0);
    } else {
      still("open", () -> !connection.isClosed());
    }
    assertEquals(1, leases.get(0).get().id(), "the lease has not ended");
    closeAll(leases);
    closedBecause(CloseReason.DEAD, connection);
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void aWaiterIsServedByANewDialAfterADeath() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);

    signals(transport().connection(1)).dead(CAUSE);
    if (!isShared()) {
      closeAll(leases);
    }

    assertEquals(2, waiter.result().get().id());
  }

  @Test
  void aDeathIsNoMisuseOfTheHolders() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);

    signals(transport().connection(1)).dead(CAUSE);
    leases.get(0).invalidate();
    leases.subList(1, leases.size()).forEach(Lease::close);

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aConnectionMayDieSeveralTimes() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    ConnSignals signals = signals(transport().connection(1));

    signals.retire("going away");
    signals.dead(CAUSE);
    signals.dead(CAUSE);
    signals.retire("gone");
    closeAll(leases);

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void signalsReturnAtOnceAndCloseNothingOnTheirThread() throws Exception {
    transport().next(Function.CLOSE, Step.HANG_DEAF);
    AtomicReference<Thread> closer = new AtomicReference<>();
    hooks.beforeClose = connection -> closer.compareAndSet(null, Thread.currentThread());
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    signals(transport().connection(1)).dead(CAUSE);

    assertEquals(2, pool.acquire().get().id());
    PoolWorld.eventually(() -> "closing", () -> closer.get() != null);
    assertNotSame(Thread.currentThread(), closer.get());
  }

  // --- retire ---

  @Test
  void anIdleConnectionThatRetiresIsClosedAndNeverLent() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    signals(transport().connection(1)).retire("going away");

    closedBecause(CloseReason.RETIRED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void aLentConnectionThatRetiresFinishesAndIsNotLentAgain() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    Lease<FakeConn> lease = pool.acquire();
    FakeConn connection = lease.get();

    signals(connection).retire("going away");

    Lease<FakeConn> other = pool.acquire();
    assertNotEquals(connection.id(), other.get().id());
    still("open", () -> !connection.isClosed());
    assertEquals(connection.id(), lease.get().id());
    lease.close();
    closedBecause(CloseReason.RETIRED, connection);
    assertFalse(other.get().isClosed());
    PoolWorld.eventually(pool, "the other is left", stats -> stats.leased() == 1);
  }

  @Test
  void aRetiredConnectionIsClosedByTheLastOfItsLeases() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    FakeConn connection = transport().connection(1);
    Caller<Lease<FakeConn>> waiter = beginWaiting(pool, pool::acquire);

    signals(connection).retire("going away");
    while (leases.size() > 1) {
      leases.remove(0).close();
      still("open", () -> !connection.isClosed() && !waiter.isDone());
    }
    leases.remove(0).close();

    closedBecause(CloseReason.RETIRED, connection);
    assertEquals(2, waiter.result().get().id());
  }

  // --- before the dial returns ---

  @Test
  void aConnectionThatDiesBeforeItsDialReturnsIsNeverLent() throws Exception {
    neverLentIfSignalledDuringItsDial(signals -> signals.dead(CAUSE), CloseReason.DEAD);
  }

  @Test
  void aConnectionThatRetiresBeforeItsDialReturnsIsNeverLent() throws Exception {
    neverLentIfSignalledDuringItsDial(signals -> signals.retire("full"), CloseReason.RETIRED);
  }

  /** Whether its caller fails or gets the next one is left open. */
  private void neverLentIfSignalledDuringItsDial(Consumer<ConnSignals> signal, CloseReason why)
      throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    hooks.beforeDial =
        context -> {
          if (first.getAndSet(false)) {
            signal.accept(context.signals());
          }
        };
    ConnPool<FakeConn> pool = poolOf(1);

    CompletableFuture<Lease<FakeConn>> waiting = pool.acquireAsync();
    PoolWorld.eventually(() -> "dialed", () -> !transport().connections().isEmpty());
    closedBecause(why, transport().connection(1));
    world.advanceUntil(Duration.ofMillis(50), Duration.ofHours(1), waiting::isDone);
    if (!waiting.isCompletedExceptionally()) {
      assertEquals(2, waiting.join().get().id());
      waiting.join().close();
    }
    Caller<FakeConn> next = begin(() -> pool.acquire().get());
    world.advanceUntil(Duration.ofMillis(50), Duration.ofHours(1), next::isDone);
    assertEquals(2, next.result().id());
  }

  @Test
  void aChangeOfCapacityBeforeTheDialReturnsIsHarmless() throws Exception {
    hooks.beforeDial = context -> context.signals().capacityChanged();
    ConnPool<FakeConn> pool = poolOf(1);

    takeAll(pool, 1);

    assertFalse(pool.tryAcquire().isPresent());
    atRest(pool, taken(1) + ", dialed 1");
  }

  // --- after the connection is gone ---

  @Test
  void aLateSignalNeverHitsTheSuccessor() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    pool.acquire().invalidate();
    ConnSignals late = signals(transport().connection(1));
    Lease<FakeConn> successor = pool.acquire();
    assertEquals(2, successor.get().id());

    late.dead(CAUSE);
    late.retire("gone");
    late.capacityChanged();

    still("lent and open", () -> !successor.get().isClosed());
    successor.close();
    atRest(pool, "idle 1, dialed 2, closed 1");
    late.dead(CAUSE);
    still("idle and open", () -> !transport().connection(2).isClosed());
    assertEquals(2, pool.acquire().get().id());
  }

  @Test
  void theSignalsOfADialThatFailedDoNothing() throws Exception {
    transport().next(Function.DIAL, Step.THROW);
    AtomicReference<DialContext> failed = new AtomicReference<>();
    hooks.beforeDial = context -> failed.compareAndSet(null, context);
    ConnPool<FakeConn> pool = poolOf(1);
    pool.tryAcquire();
    atRest(pool, "dialFailures 1");
    Caller<Lease<FakeConn>> caller = begin(pool::acquire);
    world.advanceUntil(Duration.ofMillis(50), LIMIT, caller::isDone);

    failed.get().signals().dead(CAUSE);
    failed.get().signals().retire("gone");

    still("open", () -> !transport().connection(1).isClosed());
    caller.result().close();
    atRest(pool, "idle 1, dialed 1, dialFailures 1");
  }

  @Test
  void signalsAfterTheCloseOfThePoolDoNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    ConnSignals signals = signals(transport().connection(1));
    pool.close();

    signals.dead(CAUSE);
    signals.retire("gone");
    signals.capacityChanged();

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void signalsDuringTheGraceOfACloseAreHeard() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    Caller<Boolean> closer = begin(() -> pool.close(Duration.ofSeconds(1)));
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);

    signals(transport().connection(1)).dead(CAUSE);
    closeAll(leases);

    closer.result();
    atRest(pool, "dialed 1, closed 1");
  }

  /** What is exclusive after its dial is exclusive for life; shared ones have a suite of theirs. */
  @Test
  void aChangeOfCapacityThatIsNoneChangesNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    if (!isShared()) {
      transport().capacity(3);
    }

    signals(transport().connection(1)).capacityChanged();

    assertFalse(pool.tryAcquire().isPresent());
    closeAll(leases);
    takeAll(pool, 1);
    assertFalse(pool.tryAcquire().isPresent());
    atRest(pool, taken(1) + ", dialed 1");
  }
}
