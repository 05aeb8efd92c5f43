package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.Health;
import io.connpool.PoolConfig;
import io.connpool.PoolStats;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Moves connections between their slots and those who want them. Everything here may be called by
 * any thread, never blocks, and holds no lock; user code is run only where the transport's contract
 * says inline.
 */
final class Engine<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** How far a connection's own lifetime is from the configured one, at most: a tenth. */
  private static final double LIFETIME_JITTER = 0.1;

  final PoolConfig config;
  final ComposedTransport<C> transport;
  final Environment environment;
  final CallDesk calls;
  final WaitQueue<C> queue = new WaitQueue<>();
  final SlotTable<C> table;
  final Disposer<C> disposer;
  final Supply<C> supply;
  final Keeper<C> keeper;
  final WaitingRoom<C> waitingRoom;
  final Shutdown<C> shutdown;

  /** maxActive, or no limit. */
  final int limit;

  /** As {@link #limit}, but hardMax with OVERFLOW. */
  final int hardLimit;

  final long dialTimeout;

  private final boolean fair;
  private final boolean overflows;
  private final LongAdder misuses = new LongAdder();
  private volatile boolean closed;

  Engine(PoolConfig config, ComposedTransport<C> transport, Environment environment) {
    this.config = config;
    this.transport = transport;
    this.environment = environment;
    limit = config.maxActive() == 0 ? Integer.MAX_VALUE : config.maxActive();
    hardLimit = config.hardMax() == 0 ? Integer.MAX_VALUE : config.hardMax();
    dialTimeout = Nanos.of(config.dialTimeout());
    fair = config.fair();
    overflows = hardLimit > limit;
    calls = new CallDesk(environment);
    table = new SlotTable<>(this);
    disposer = new Disposer<>(this);
    supply = new Supply<>(this);
    keeper = new Keeper<>(this);
    waitingRoom = new WaitingRoom<>(this);
    shutdown = new Shutdown<>(this);
  }

  void start() {
    keeper.start();
    supply.replenish();
  }

  // --- taking ---

  /** A connection that is ready at this moment, or null. */
  @Nullable Loan<C> takeNow() {
    if (fair && !queue.isEmpty()) {
      return null;
    }
    Slot<C> slot = table.hint();
    long word = slot.word;
    if (Slot.isIdle(word) && slot.tryLease(word)) {
      Loan<C> loan = new ExclusiveLease<>(slot, Slot.stampOf(word));
      if (isGood(loan)) {
        return loan;
      }
    }
    return takeAny();
  }

  /** As {@link #takeNow}, also for one who is in the queue. */
  @Nullable Loan<C> takeAny() {
    Loan<C> loan;
    do {
      loan = takeUnprobed();
    } while (loan != null && !isGood(loan));
    return loan;
  }

  private @Nullable Loan<C> takeUnprobed() {
    Loan<C> loan = table.takeIdle();
    return loan != null ? loan : table.takeParked(keeper.provenAfter());
  }

  /** The probe before each loan. A connection that fails it is closed, and the loan is over. */
  boolean isGood(Loan<C> loan) {
    if (!transport.probes) {
      return true;
    }
    C connection = loan.connection();
    if (connection == null) {
      return false;
    }
    Health health = probe(connection);
    if (!health.isUsable()) {
      loan.remove(reason(health));
    }
    return health.isUsable();
  }

  Health probe(C connection) {
    try {
      return notNull("probe", transport.probe(connection));
    } catch (Throwable failure) {
      return failedLook("probe", failure);
    }
  }

  private Health inspection(C connection) {
    try {
      return notNull("onRelease", transport.onRelease(connection));
    } catch (Throwable failure) {
      return failedLook("onRelease", failure);
    }
  }

  private Health notNull(String what, @Nullable Health health) {
    return health != null ? health : failedLook(what, new NullPointerException(what + " is null"));
  }

  private Health failedLook(String what, Throwable failure) {
    LOG.log(Level.WARNING, () -> "pool " + config.name() + ": " + what + " failed", failure);
    return Health.STALE;
  }

  static CloseReason reason(Health health) {
    return health == Health.DIRTY ? CloseReason.DIRTY : CloseReason.STALE;
  }

  // --- giving back ---

  /** Ends an exclusive loan; a stamp that is not current changes nothing. */
  void release(Slot<C> slot, long stamp) {
    if (transport.inspects) {
      inspect(slot, stamp);
    } else if (queue.hasHeir() || (fair && !queue.isEmpty())) {
      handOver(slot, stamp);
    } else if (!slot.tryRelease(stamp)) {
      refused(slot, stamp);
    } else if (closed || overflows || !queue.isEmpty()) {
      // Read after the release: a waiter that this does not see scans after it joined, and a pool
      // that is closed after it sweeps the slot.
      available(slot);
    }
  }

  private void handOver(Slot<C> slot, long stamp) {
    long next = slot.tryHandOver(stamp);
    if (next == 0) {
      refused(slot, stamp);
    } else {
      deliver(new ExclusiveLease<>(slot, next));
    }
  }

  /** The transport looks at what comes back, while nobody else can have it. */
  private void inspect(Slot<C> slot, long stamp) {
    long owned = slot.tryCheck(stamp);
    if (owned == 0) {
      refused(slot, stamp);
      return;
    }
    Health health = inspection(connectionIn(slot));
    if (!health.isUsable()) {
      discardHeld(slot, owned, reason(health));
    } else if (queue.hasHeir() || (fair && !queue.isEmpty())) {
      publish(slot, owned);
    } else if (slot.trySettle(owned)) {
      available(slot);
    } else {
      discardHeld(slot, owned, slot.doom);
    }
  }

  /** A release whose stamp is not the word: either the connection was doomed, or it is misuse. */
  private void refused(Slot<C> slot, long stamp) {
    // a closing pool takes connections away from their holders, so their stamps prove nothing
    if (!discard(slot, stamp | Slot.DOOMED, slot.doom) && !closed) {
      countMisuse();
    }
  }

  /** Ends one share; nothing happens if the connection is gone already. */
  void releaseShare(Slot<C> slot, long serial, C connection) {
    if (transport.inspects) {
      Health health = inspection(connection);
      if (!health.isUsable()) {
        removeShared(slot, serial, reason(health));
        return;
      }
    }
    long word = slot.leave(serial);
    if (word == 0) {
      return;
    }
    if (!Slot.isDoomed(word)) {
      available(slot);
    } else if (Slot.shares(word) == 0) {
      discard(slot, word, slot.doom);
    }
  }

  /** Ends an exclusive loan by closing its connection. */
  void remove(Slot<C> slot, long stamp, CloseReason reason) {
    if (!discardHeld(slot, stamp, reason) && !closed) {
      countMisuse();
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
    } while (!discard(slot, word, reason));
  }

  /** Closes what the caller holds, LEASED or CHECKING: the word is as held, or doomed since. */
  boolean discardHeld(Slot<C> slot, long held, CloseReason reason) {
    return discard(slot, held, reason) || discard(slot, held | Slot.DOOMED, reason);
  }

  /** Takes the connection out of its slot and closes it. False if the word has moved on. */
  boolean discard(Slot<C> slot, long word, CloseReason reason) {
    if (!slot.tryRemove(word)) {
      return false;
    }
    closeRemoved(slot, reason);
    supply.slotLeft(); // after its close was asked for, or the pool might seem to have ended
    capacityFreed();
    shutdown.check();
    return true;
  }

  private void closeRemoved(Slot<C> slot, CloseReason reason) {
    C connection = connectionIn(slot);
    slot.vacate();
    disposer.dispose(connection, reason);
  }

  /** Lets the connection with this serial go as soon as nobody uses it. */
  void doom(Slot<C> slot, long serial, CloseReason reason) {
    for (; ; ) {
      long word = slot.word;
      if (slot.serial != serial) {
        return;
      }
      switch (Slot.state(word)) {
        case Slot.IDLE, Slot.PARKED -> {
          if (discard(slot, word, reason)) {
            return;
          }
        }
        case Slot.SHARED -> {
          boolean now = Slot.shares(word) == 0 || reason == CloseReason.DEAD;
          if (now ? discard(slot, word, reason) : mark(slot, word, reason)) {
            return;
          }
        }
        case Slot.LEASED, Slot.CHECKING -> {
          if (mark(slot, word, reason)) {
            return;
          }
        }
        default -> {
          return; // being closed already
        }
      }
    }
  }

  private boolean mark(Slot<C> slot, long word, CloseReason reason) {
    slot.doom = reason;
    return Slot.isDoomed(word) || slot.tryDoom(word);
  }

  // --- passing on ---

  /** A connection has just become available in this slot: to a waiter, or to whoever comes. */
  private void available(Slot<C> slot) {
    if (closed) {
      shutdown.sweep(slot);
    } else if (!queue.isEmpty()) {
      serve();
    } else if (overflows) {
      trimSurplus(slot);
    }
  }

  /** DIALING or CHECKING, owned by the caller, becomes a loan of the first waiter, or available. */
  void publish(Slot<C> slot, long owned) {
    long stamp = slot.isShared() ? 0 : slot.tryLend(owned);
    if (stamp != 0) {
      deliver(new ExclusiveLease<>(slot, stamp));
    } else if (slot.trySettle(owned)) {
      available(slot);
    } else {
      discardHeld(slot, owned, slot.doom);
    }
  }

  /** Gives a loan to the heir or the first waiter, or ends it if nobody waits. */
  void deliver(Loan<C> loan) {
    Waiter<C> heir = queue.claimHeir();
    if (heir != null && grant(heir, loan)) {
      return;
    }
    for (Waiter<C> first = queue.first(); first != null; first = queue.first()) {
      if (grant(first, loan)) {
        return;
      }
    }
    putBack(loan);
  }

  /** Ends a loan that was never used, without the look that a release gets. */
  private void putBack(Loan<C> loan) {
    if (loan instanceof ExclusiveLease<C> exclusive) {
      long stamp = exclusive.stamp();
      if (!loan.slot.tryRelease(stamp)) {
        refused(loan.slot, stamp);
        return;
      }
      available(loan.slot);
    } else {
      loan.close();
    }
  }

  private boolean grant(Waiter<C> waiter, Loan<C> loan) {
    return queue.give(waiter, loan) && notify(waiter);
  }

  boolean fail(Waiter<C> waiter, Throwable failure) {
    return queue.fail(waiter, failure) && notify(waiter);
  }

  private boolean notify(Waiter<C> waiter) {
    if (waiter instanceof AsyncWaiter<C> async) {
      async.completeOn(environment.workers());
    } else {
      waiter.wake();
    }
    return true;
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
   * The one answer to every event that may help a waiter: a release, a close, the end of a dial or
   * a check, a signal.
   */
  void capacityFreed() {
    serve();
    supply.replenish();
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
      if (fair || first instanceof AsyncWaiter) {
        Loan<C> loan = takeUnprobed(); // probed by whoever receives it
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
    if (!unused || supply.open() <= limit) {
      return;
    }
    long owned = slot.tryCheck(word);
    if (owned == 0) {
      return; // somebody took it
    }
    // claimed before it is closed: of two that come back at once each counts the other
    if (supply.claimSurplus()) {
      if (slot.tryRemove(owned) || slot.tryRemove(owned | Slot.DOOMED)) {
        closeRemoved(slot, CloseReason.SURPLUS);
        capacityFreed();
        shutdown.check();
      }
    } else if (slot.trySettle(owned)) {
      if (!queue.isEmpty()) {
        serve();
      }
    } else {
      discardHeld(slot, owned, slot.doom);
    }
  }

  // --- what the parts need of each other ---

  /** The connection of a slot that the caller holds. */
  C connectionIn(Slot<C> slot) {
    C connection = slot.connection;
    if (connection == null) {
      throw new IllegalStateException("slot " + slot.index + " is held but empty");
    }
    return connection;
  }

  void updateCapacity(Slot<C> slot, long serial) {
    C connection = slot.connection;
    if (connection != null && slot.isShared() && slot.serial == serial) {
      slot.capacity = capacityOf(connection);
      C successor = slot.connection;
      if (slot.serial != serial && successor != null) { // replaced meanwhile: it has its own
        slot.capacity = capacityOf(successor);
      }
      capacityFreed();
    }
  }

  int capacityOf(C connection) {
    try {
      return Math.max(0, Math.min(Slot.MOST_SHARES, transport.capacity(connection)));
    } catch (Throwable failure) {
      LOG.log(Level.WARNING, () -> "pool " + config.name() + ": capacity failed", failure);
      return 1;
    }
  }

  long now() {
    return environment.clock().nanoTime();
  }

  Environment.Timer later(long delayNanos, Runnable task) {
    return environment.timers().after(delayNanos, task);
  }

  boolean isClosed() {
    return closed;
  }

  void markClosed() {
    closed = true;
  }

  /** A lifetime for one connection, so that those dialed together do not end together. */
  long newLifetime() {
    long lifetime = Nanos.orForever(config.maxLifetime());
    if (lifetime == Nanos.FOREVER) {
      return lifetime;
    }
    double off = (environment.random().nextDouble() * 2 - 1) * LIFETIME_JITTER;
    return lifetime + (long) (lifetime * off);
  }

  void countMisuse() {
    misuses.increment();
  }

  void logInvalidation(Throwable cause) {
    LOG.log(Level.DEBUG, () -> "pool " + config.name() + ": a connection was invalidated", cause);
  }

  /** How many connections are out and cannot serve one more. */
  int countBusy() {
    int busy = 0;
    for (Slot<C> slot : table.all()) {
      long word = slot.word;
      if (Slot.state(word) == Slot.LEASED
          || (Slot.state(word) == Slot.SHARED && !slot.hasRoom(word))) {
        busy++;
      }
    }
    return busy;
  }

  /** How many connections nobody uses, those being checked included. */
  int countAvailable() {
    int available = 0;
    for (Slot<C> slot : table.all()) {
      long word = slot.word;
      int state = Slot.state(word);
      if (state == Slot.IDLE
          || state == Slot.PARKED
          || state == Slot.CHECKING
          || Slot.isUnshared(word)) {
        available++;
      }
    }
    return available;
  }

  PoolStats stats(long timeouts) {
    int[] states = new int[Slot.SHARED + 1];
    int shared = 0;
    int shares = 0;
    for (Slot<C> slot : table.all()) {
      long word = slot.word;
      states[Slot.state(word)]++;
      if (Slot.state(word) == Slot.SHARED && Slot.shares(word) > 0) {
        shared++;
        shares += Slot.shares(word);
      }
    }
    return new PoolStats(
        states[Slot.IDLE] + states[Slot.PARKED] + states[Slot.SHARED] - shared,
        states[Slot.LEASED] + shared,
        states[Slot.CHECKING],
        states[Slot.DIALING],
        queue.size(),
        states[Slot.LEASED] + shares,
        supply.countDialed(),
        supply.countFailures(),
        disposer.countClosed(),
        disposer.countFailures(),
        timeouts,
        misuses.sum(),
        calls.countAbandoned());
  }
}
