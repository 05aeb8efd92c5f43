package io.connpool.internal;

import java.util.function.Supplier;

/** Passes connections on: from whoever has one to spare to those who wait. */
final class Handout<C> {
  private final Engine<C> engine;
  private final WaitQueue<C> queue;

  Handout(Engine<C> engine) {
    this.engine = engine;
    queue = engine.queue;
  }

  /** A connection has just become available in this slot: to a waiter, or to whoever comes. */
  void available(Slot<C> slot) {
    if (slot.isShared()) {
      engine.renewals.shareOut(slot);
    }
    if (engine.isClosed()) {
      engine.shutdown.sweep(slot);
    } else if (!queue.isEmpty()) {
      serve();
    } else if (engine.trims()) {
      trimSurplus(slot);
    }
  }

  /**
   * A new connection, in state DIALING: to a caller that wants a new one, or as {@link #publish}.
   */
  void publishNew(Slot<C> slot, long owned) {
    long stamp = slot.isShared() || engine.renewals.isEmpty() ? 0 : slot.tryLend(owned);
    if (stamp == 0) {
      publish(slot, owned);
      return;
    }
    Loan<C> loan = new ExclusiveLease<>(slot, stamp);
    if (!engine.renewals.give(loan)) {
      deliver(loan);
    }
  }

  /** DIALING or CHECKING, owned by the caller, becomes a loan of the first waiter, or available. */
  void publish(Slot<C> slot, long owned) {
    // lent only if somebody waits: meanwhile it would look to others as if it were out
    long stamp = slot.isShared() || queue.first() == null ? 0 : slot.tryLend(owned);
    if (stamp != 0) {
      deliver(new ExclusiveLease<>(slot, stamp));
    } else if (slot.trySettle(owned)) {
      if (slot.isShared()) {
        engine.renewals.shareOut(slot);
        shareOut(slot);
      }
      available(slot);
    } else {
      engine.removal.discardHeld(slot, owned, slot.doom);
    }
  }

  /** A shared connection serves as many waiters as it can, before anybody counts those left. */
  private void shareOut(Slot<C> slot) {
    while (queue.first() != null) {
      Loan<C> loan = SharedLease.of(slot, slot.tryJoin());
      if (loan == null) {
        return;
      }
      deliver(loan);
    }
  }

  /** Gives a loan to the heir or the first waiter, or ends it if nobody waits. */
  void deliver(Loan<C> loan) {
    if (!loan.isCurrent()) { // since it was lent to one who left
      loan.putBack();
      return;
    }
    Waiter<C> heir = queue.claimHeir();
    if (heir != null && grant(heir, loan)) {
      return;
    }
    for (Waiter<C> first = queue.first(); first != null; first = queue.first()) {
      if (grant(first, loan)) {
        return;
      }
    }
    loan.putBack();
  }

  private boolean grant(Waiter<C> waiter, Loan<C> loan) {
    return queue.give(waiter, loan) && notify(waiter);
  }

  boolean fail(Waiter<C> waiter, Throwable failure) {
    return queue.fail(waiter, failure) && notify(waiter);
  }

  private boolean notify(Waiter<C> waiter) {
    if (waiter instanceof AsyncWaiter<C> async) {
      async.completeOn(engine.environment.workers());
    } else {
      waiter.wake();
    }
    return true;
  }

  /** Fails everybody who waits now. */
  void failAll(Supplier<? extends Throwable> failure) {
    for (Waiter<C> first = queue.first(); first != null; first = queue.first()) {
      fail(first, failure.get());
    }
  }

  /** Fails the oldest waiter, if it was in the queue when this ticket was the last. */
  void failOldest(long ticket, Supplier<? extends Throwable> failure) {
    for (Waiter<C> first = queue.first();
        first != null && first.ticket <= ticket;
        first = queue.first()) {
      if (fail(first, failure.get())) {
        return;
      }
    }
  }

  /**
   * Wakes the first waiter, which then helps itself; a future and a waiter of a fair pool are
   * handed a loan instead, as long as there are any.
   */
  void serve() {
    while (!queue.isEmpty() && !queue.isWakeUpOutstanding()) {
      Waiter<C> first = queue.first();
      if (first == null) {
        return;
      }
      if (engine.settings().fair || first instanceof AsyncWaiter) {
        Loan<C> loan = engine.lending.takeUnprobed(); // probed by whoever receives it
        if (loan == null) {
          return; // whoever makes one available comes here again
        }
        if (!grant(first, loan)) {
          deliver(loan);
        }
      } else if (queue.wake(first)) {
        return;
      }
    }
  }

  /** A connection beyond maxActive that nobody needs is closed. */
  void trimSurplus(Slot<C> slot) {
    long word = slot.word;
    boolean unused = Slot.isIdle(word) || Slot.isParked(word) || Slot.isUnshared(word);
    int limit = engine.settings().limit;
    if (!unused
        || engine.supply.open() <= limit
        || engine.supply.open() - engine.census.countDoomed() <= limit) {
      return; // enough of those in use will go when they come back
    }
    long owned = slot.tryCheck(word);
    if (owned == 0) {
      return; // somebody took it
    }
    if (engine.removal.discardSurplus(slot, owned)) {
      return;
    }
    // parked again, or what was unused for long would be lent as if it had just been used
    if (Slot.isParked(word) ? slot.trySettleParked(owned) : slot.trySettle(owned)) {
      if (!queue.isEmpty()) {
        serve();
      }
    } else {
      engine.removal.discardHeld(slot, owned, slot.doom);
    }
  }
}
