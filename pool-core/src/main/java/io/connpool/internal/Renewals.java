package io.connpool.internal;

import io.connpool.PoolEvent.Waited.Outcome;
import io.connpool.PoolException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Callers whose connection had gone stale and who take nothing but one that is younger: whatever
 * ended theirs has likely ended those that are idle. They come before the queue, but have only the
 * results of dials, and for each of them a place was vacated.
 */
final class Renewals<C> {
  private final Engine<C> engine;
  private final ConcurrentLinkedQueue<Renewal<C>> line = new ConcurrentLinkedQueue<>();

  /** Those in line without an outcome; raised after they are in line. */
  private final AtomicInteger waiting = new AtomicInteger();

  Renewals(Engine<C> engine) {
    this.engine = engine;
  }

  /** A caller, and the serial number that its connection must exceed. */
  private static final class Renewal<C> extends Waiter<C> {
    private final long olderSerial;

    Renewal(Environment.Clock clock, long olderSerial) {
      super(clock, Thread.currentThread());
      this.olderSerial = olderSerial;
    }
  }

  boolean isEmpty() {
    return waiting.get() == 0;
  }

  int size() {
    return waiting.get();
  }

  /**
   * Waits for a young connection.
   *
   * @param olderSerial the last serial number that is not young
   * @param vacate lets the stale one go; run when this caller is in line, so that whatever is
   *     dialed in its place is found by it
   */
  Loan<C> await(long olderSerial, long deadline, Runnable vacate) throws InterruptedException {
    Renewal<C> me = new Renewal<>(engine.environment.clock(), olderSerial);
    line.add(me);
    waiting.incrementAndGet();
    Outcome outcome = Outcome.FAILED;
    try {
      vacate.run();
      while (true) {
        Loan<C> loan = me.isWaiting() ? takeYoung(me) : me.loan();
        if (loan != null) {
          if (engine.lending.isGood(loan)) {
            loan.begun(Thread.currentThread().getId());
            outcome = Outcome.SERVED;
            return engine.leaks.watched(loan);
          }
          me.reopen();
          waiting.incrementAndGet();
        }
        if (me.failure() instanceof PoolException failure) {
          throw failure;
        }
        engine.supply.replenish();
        if (engine.isClosed()) { // asked in line, or the end might have looked before
          settle(me, engine.waitingRoom.closed());
        } else if (engine.supply.isDown()) {
          settle(me, engine.supply.down());
        }
        if (engine.now() - deadline >= 0 && leave(me)) {
          engine.census.countTimeout();
          outcome = Outcome.TIMED_OUT;
          throw engine.waitingRoom.timedOut(deadline - me.since, "");
        }
        if (me.isWaiting()) {
          me.waited = true;
          engine.environment.clock().parkUntil(this, deadline);
        }
        if (Thread.interrupted()) {
          if (!leave(me)) {
            giveAway(me);
          }
          outcome = Outcome.GIVEN_UP;
          throw new InterruptedException();
        }
      }
    } finally {
      leave(me);
      line.remove(me);
      engine.waitingRoom.ended(me, outcome);
    }
  }

  /** A share of a connection that is young enough and has room; exclusive ones come by dial. */
  private @Nullable Loan<C> takeYoung(Renewal<C> me) {
    Loan<C> loan = engine.table.takeShareYoungerThan(me.olderSerial);
    if (loan != null && !leave(me)) {
      giveAway(me);
    }
    return loan;
  }

  /** What was granted to one who needs it no more goes to the next. */
  private void giveAway(Renewal<C> me) {
    Loan<C> loan = me.loan();
    if (loan != null && !give(loan)) {
      engine.handout.deliver(loan);
    }
  }

  /** Gives a loan of a young connection to the first who takes it. False if nobody does. */
  boolean give(Loan<C> loan) {
    for (Renewal<C> first = first(loan.slot); first != null; first = first(loan.slot)) {
      if (settle(first, loan)) {
        first.wake();
        return true;
      }
    }
    return false;
  }

  /** The connection in this slot has room: for those who take it. */
  void shareOut(Slot<C> slot) {
    while (first(slot) != null) {
      Loan<C> loan = SharedLease.of(slot, slot.tryJoin());
      if (loan == null) {
        return;
      }
      if (!give(loan)) {
        engine.handout.deliver(loan);
      }
    }
  }

  /** The first for whom the connection in this slot is young enough. */
  private @Nullable Renewal<C> first(Slot<C> slot) {
    if (isEmpty()) {
      return null;
    }
    for (Renewal<C> renewal : line) {
      if (renewal.isWaiting() && slot.serial > renewal.olderSerial) {
        return renewal;
      }
    }
    return null;
  }

  /** Fails the first, if it was in line at that moment. */
  boolean failFirst(long moment, Supplier<? extends PoolException> failure) {
    for (Renewal<C> renewal : line) {
      if (renewal.isWaiting() && renewal.since - moment <= 0 && fail(renewal, failure.get())) {
        return true;
      }
    }
    return false;
  }

  void failAll(Supplier<? extends PoolException> failure) {
    for (Renewal<C> renewal : line) {
      fail(renewal, failure.get());
    }
  }

  private boolean fail(Renewal<C> renewal, PoolException failure) {
    boolean failed = settle(renewal, failure);
    if (failed) {
      renewal.wake();
    }
    return failed;
  }

  private boolean settle(Renewal<C> renewal, Object outcome) {
    return counted(renewal.settle(outcome));
  }

  private boolean leave(Renewal<C> renewal) {
    return counted(renewal.leave());
  }

  private boolean counted(boolean settled) {
    if (settled) {
      waiting.decrementAndGet();
    }
    return settled;
  }
}
