package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.PoolClosedException;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Closing a pool whose dials, heartbeats and closes get in the way. */
abstract class CloseAmidTroubleContract extends PoolContract {
  private static final Duration GRACE = Duration.ofSeconds(2);

  CloseAmidTroubleContract(PoolKind kind) {
    super(kind);
  }

  /** A pool's first close decides when it ends; the world's, after the test, only waits for it. */
  @AfterEach
  void graceIsOver() {
    clock().advance(GRACE.plusSeconds(1));
  }

  /** Begins to close, and returns when that only waits for its end. */
  private Caller<Boolean> beginClose(ConnPool<FakeConn> pool, Duration grace) {
    Caller<Boolean> closer = begin(() -> pool.close(grace));
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);
    return closer;
  }

  @Test
  void aDialUnderWayIsToldThatNobodyWantsItAndInterrupted() throws Exception {
    transport().next(Function.DIAL, Step.HANG);
    AtomicReference<DialContext> context = new AtomicReference<>();
    hooks.beforeDial = context::set;
    ConnPool<FakeConn> pool = poolOf(1);
    pool.tryAcquire();
    PoolWorld.eventually(() -> "dialing", () -> transport().dialing() == 1);
    assertFalse(context.get().cancelled());

    pool.close(Duration.ZERO);

    PoolWorld.eventually(() -> "interrupted", () -> transport().dialing() == 0);
    assertTrue(context.get().cancelled());
  }

  @ParameterizedTest
  @EnumSource
  void closeEndsASecondAfterTheGraceWhateverHangs(Function function) throws Exception {
    transport().always(function, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    pool.tryAcquire();
    // a close can only hang of what was dialed: a dial under way is cut, and its late result is
    // closed after the pool has ended well
    PoolWorld.eventually(
        () -> "under way",
        () ->
            pool.stats().idle() == 1
                || (function != Function.CLOSE
                    && transport().dialing() + transport().heartbeating() == 1));
    Caller<Boolean> closer = beginClose(pool, GRACE);

    clock().advance(GRACE.plusSeconds(1));

    boolean clean = closer.result();
    if (function == Function.CLOSE) {
      assertFalse(clean, "a close did not return");
    }
  }

  @Test
  void aDialThatEndsAfterTheCloseHasItsConnectionClosed() throws Exception {
    transport().next(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);
    pool.tryAcquire();
    PoolWorld.eventually(() -> "dialing", () -> transport().dialing() == 1);
    Caller<Boolean> closer = beginClose(pool, Duration.ZERO);
    clock().advance(Duration.ofSeconds(1));
    closer.result();

    transport().releaseAll();

    PoolWorld.eventually(() -> "late result", () -> transport().connections().size() == 1);
    PoolWorld.eventually(() -> "closed", () -> transport().connection(1).isClosed());
    atRest(pool, "dialed 1, dialFailures 1, closed 1");
  }

  @Test
  void aCloseThatThrowsIsNotShown() throws Exception {
    transport().next(Function.CLOSE, Step.THROW_ERROR);
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 2);

    pool.close(GRACE);

    atRest(pool, "dialed 2, closed 2, closeFailures 1");
  }

  @Test
  void anInterruptedThreadClosesThePoolAndKeepsItsFlag() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    Thread.currentThread().interrupt();
    pool.close();
    assertTrue(Thread.interrupted());

    PoolWorld.eventually(() -> "closed", () -> transport().connection(1).isClosed());
    assertThrows(PoolClosedException.class, pool::acquire);
  }

  @Test
  void aClosedPoolLeavesNoTimerBehind() throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.minIdle(1));
    atRest(pool, "idle 1, dialed 1");

    pool.close(GRACE);

    PoolWorld.eventually(
        () -> clock().pendingTimers() + " timers left", () -> clock().pendingTimers() == 0);
  }

  @Test
  void aClosedPoolNeverDialsAgain() throws Exception {
    ConnPool<FakeConn> pool = pool(builder -> builder.minIdle(2));
    atRest(pool, "idle 2, dialed 2");
    pool.close(GRACE);

    clock().advance(Duration.ofMinutes(2));

    still("no dial", () -> transport().attempts() == 2);
  }
}
