package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.Health;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a loan: a caller takes a connection, a lease gives it back. The hot path of the
 * pool is {@link #takeNow} and {@link #release}: two compare-and-sets, no clock, no shared counter.
 */
final class Lending<C> {
  private final Engine<C> engine;
  private final ComposedTransport<C> transport;
  private final Attention attention;
  private final WaitQueue<C> queue;
  private final SlotTable<C> table;

  Lending(Engine<C> engine) {
    this.engine = engine;
    transport = engine.transport;
    attention = engine.attention;
    queue = engine.queue;
    table = engine.table;
  }

  // --- taking ---

  /**
   * The hot path: takes the connection in this slot if it was used a moment ago. Returns the stamp
   * of the loan, or 0.
   */
  long tryTake(Slot<C> slot) {
    long word = slot.word;
    if (!Slot.isIdle(word)) {
      return 0;
    }
    if (!attention.allowsLoan()) {
      // whoever calls this makes the lease himself, and one that is watched is made elsewhere
      return engine.leaks.isOn() ? 0 : tryTakeCarefully(slot, word);
    }
    return slot.tryLease(word) ? Slot.stampOf(word) : 0;
  }

  /** As {@link #tryTake}, for one who has its lease watched. */
  private long tryTakeIdle(Slot<C> slot, long idle) {
    if (!attention.allowsLoan()) {
      return tryTakeCarefully(slot, idle);
    }
    return slot.tryLease(idle) ? Slot.stampOf(idle) : 0;
  }

  private long tryTakeCarefully(Slot<C> slot, long idle) {
    if (mustQueue() || !slot.tryLease(idle)) {
      return 0;
    }
    long stamp = Slot.stampOf(idle);
    // As isGood, without a lease: it would be 24 bytes more for each loan.
    Health health = engine.transport.beforeLoan(engine.connectionIn(slot));
    if (!health.isUsable()) {
      remove(slot, stamp, reason(health));
      return 0;
    }
    if (slot.word != stamp) { // it came to its end while it was looked at
      putBack(slot, stamp);
      return 0;
    }
    return stamp;
  }

  /** Whether nobody may be served out of turn. */
  private boolean mustQueue() {
    return engine.settings().fair && !queue.isEmpty();
  }

  /** A connection that is ready at this moment, or null. */
  @Nullable Loan<C> takeNow() {
    if (mustQueue()) {
      return null;
    }
    Slot<C> slot = table.hint();
    long word = slot.word;
    long stamp = Slot.isIdle(word) ? tryTakeIdle(slot, word) : 0;
    if (stamp != 0) {
      return new ExclusiveLease<>(slot, stamp);
    }
    // Whoever shares a hint with another busy thread looks for a slot of his own behind it; from
    // the first slot both would meet again, and again. All others begin at the first.
    return takeAny(Slot.state(slot.word) == Slot.LEASED ? slot.index + 1 : 0);
  }

  /** As {@link #takeNow}, also for one who is in the queue. */
  @Nullable Loan<C> takeAny() {
    return takeAny(0);
  }

  private @Nullable Loan<C> takeAny(int from) {
    Loan<C> loan;
    do {
      loan = takeUnprobed(from);
    } while (loan != null && !isGood(loan));
    return loan;
  }

  /** Without the look that {@link #isGood} takes: the receiver of the loan must do that. */
  @Nullable Loan<C> takeUnprobed() {
    return takeUnprobed(0);
  }

  private @Nullable Loan<C> takeUnprobed(int from) {
    Loan<C> loan = table.takeIdle(from);
    if (loan == null) {
      loan = table.takeParked(engine.checks.provenAfter());
    }
    return loan == null && transport.mayShare ? takeLoaded() : loan;
  }

  private @Nullable Loan<C> takeLoaded() {
    Loan<C> loan = table.takeLoaded();
    if (loan != null) {
      engine.supply.grow();
    }
    return loan;
  }

  /**
   * The look before each loan. A connection that fails it is closed, and the loan is over; so it is
   * if the connection has come to its end since the loan was made, perhaps before its receiver
   * came.
   */
  boolean isGood(Loan<C> loan) {
    C connection = loan.connection();
    if (transport.looks && connection != null) {
      Health health = transport.beforeLoan(connection);
      if (!health.isUsable()) {
        loan.remove(reason(health));
        return false;
      }
    }
    if (!loan.isCurrent()) {
      loan.putBack();
      return false;
    }
    return true;
  }

  static CloseReason reason(Health health) {
    return health == Health.DIRTY ? CloseReason.DIRTY : CloseReason.STALE;
  }

  // --- giving back ---

  /** Ends an exclusive loan; a stamp that is not current changes nothing. */
  void release(Slot<C> slot, long stamp) {
    if (!attention.allowsRelease() || !slot.tryRelease(stamp)) {
      releaseCarefully(slot, stamp);
    } else if (!attention.allowsRelease()) {
      // Read after the release: a waiter that this does not see scans after it joined, and a pool
      // that is closed after it sweeps the slot.
      engine.handout.available(slot);
    }
  }

  /** As {@link #release}, of a loan that was never used: without a look at the connection. */
  void putBack(Slot<C> slot, long stamp) {
    if (slot.tryRelease(stamp)) {
      engine.handout.available(slot);
    } else {
      refused(slot, stamp);
    }
  }

  private void releaseCarefully(Slot<C> slot, long stamp) {
    if (transport.inspects || engine.isBeyondLimit()) {
      inspect(slot, stamp);
    } else if (mustHandOver()) {
      handOver(slot, stamp);
    } else {
      putBack(slot, stamp);
    }
  }

  /** Whether what comes back belongs to a waiter before anybody else can see it. */
  private boolean mustHandOver() {
    return queue.hasHeir() || mustQueue();
  }

  private void handOver(Slot<C> slot, long stamp) {
    long next = slot.tryHandOver(stamp);
    if (next == 0) {
      refused(slot, stamp);
    } else {
      engine.handout.deliver(new ExclusiveLease<>(slot, next));
    }
  }

  /** The transport looks at what comes back, if it is to stay, while nobody else can have it. */
  private void inspect(Slot<C> slot, long stamp) {
    long owned = slot.tryCheck(stamp);
    if (owned == 0) {
      refused(slot, stamp);
      return;
    }
    if (engine.isBeyondLimit() && engine.removal.discardSurplus(slot, owned)) {
      return;
    }
    Health health =
        transport.inspects ? transport.onRelease(engine.connectionIn(slot)) : Health.CLEAN;
    if (!health.isUsable()) {
      engine.removal.discardHeld(slot, owned, reason(health));
    } else if (mustHandOver()) {
      engine.handout.publish(slot, owned);
    } else if (slot.trySettle(owned)) {
      engine.handout.available(slot);
    } else {
      engine.removal.discardHeld(slot, owned, slot.doom);
    }
  }

  /** A release whose stamp is not the word: either the connection was doomed, or it is misuse. */
  void refused(Slot<C> slot, long stamp) {
    // a closing pool takes connections away from their holders, so their stamps prove nothing
    if (!engine.removal.discard(slot, stamp | Slot.DOOMED, slot.doom) && !engine.isClosed()) {
      engine.census.countMisuse();
    }
  }

  /** Ends one share; nothing happens if the connection is gone already. */
  void releaseShare(Slot<C> slot, long serial, C connection) {
    if (transport.inspects) {
      Health health = transport.onRelease(connection);
      if (!health.isUsable()) {
        removeShared(slot, serial, reason(health));
        return;
      }
    }
    slot.seasoned = true;
    leave(slot, serial);
  }

  /** As {@link #releaseShare}, of a share that was never used. */
  void leave(Slot<C> slot, long serial) {
    long word = slot.leave(serial);
    if (word == 0) {
      return;
    }
    if (!Slot.isDoomed(word)) {
      engine.handout.available(slot);
    } else if (Slot.shares(word) == 0) {
      engine.removal.discard(slot, word, slot.doom);
    }
  }

  /** Ends an exclusive loan by closing its connection. */
  void remove(Slot<C> slot, long stamp, CloseReason reason) {
    if (!engine.removal.discardHeld(slot, stamp, reason) && !engine.isClosed()) {
      engine.census.countMisuse();
    }
  }

  /** Closes a shared connection under all who share it: it broke for all of them. */
  void removeShared(Slot<C> slot, long serial, CloseReason reason) {
    long word;
    do {
      word = slot.word;
      if (Slot.state(word) != Slot.SHARED || slot.serial != serial) {
        return;
      }
    } while (!engine.removal.discard(slot, word, reason));
  }
}
