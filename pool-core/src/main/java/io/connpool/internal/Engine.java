package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.PoolConfig;
import io.connpool.PoolListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Holds the parts of one pool together, and what all of them need: the settings, the time, whether
 * the pool is closed. The parts may be called by any thread, never block and hold no lock; user
 * code is run only where the transport's contract says so.
 */
final class Engine<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** How far a connection's own lifetime is from the configured one, at most: a tenth. */
  private static final double LIFETIME_JITTER = 0.1;

  final String name;
  final ComposedTransport<C> transport;
  final Environment environment;
  final CallDesk calls;
  final Attention attention = new Attention();
  final WaitQueue<C> queue = new WaitQueue<>(attention);
  final SlotTable<C> table;
  final Announcer announcer;
  final Chronicle chronicle;
  final Census<C> census;
  final Lending<C> lending;
  final Handout<C> handout;
  final Removal<C> removal;
  final Disposer<C> disposer;
  final Supply<C> supply;
  final Checks<C> checks;
  final Keeper<C> keeper;
  final LeakWatch<C> leaks;
  final WaitingRoom<C> waitingRoom;
  final Renewals<C> renewals;
  final Failures<C> failures;
  final Shutdown<C> shutdown;

  private volatile Settings settings;

  private volatile boolean closed;

  Engine(
      PoolConfig config,
      ComposedTransport<C> transport,
      List<PoolListener> listeners,
      Environment environment) {
    name = config.name();
    this.transport = transport;
    this.environment = environment;
    settings = settingsOf(config);
    attention.set(Attention.BEFORE_LOAN, looksBeforeLoans());
    attention.set(Attention.INSPECT, transport.inspects);
    attention.set(Attention.TRIM, settings.overflows());
    calls = new CallDesk(environment, this::capacityFreed);
    table = new SlotTable<>(this);
    announcer = new Announcer(config.name(), listeners, environment.workers());
    chronicle = new Chronicle(config.name(), announcer, environment.clock());
    census = new Census<>(this);
    lending = new Lending<>(this);
    handout = new Handout<>(this);
    removal = new Removal<>(this);
    disposer = new Disposer<>(this);
    supply = new Supply<>(this);
    checks = new Checks<>(this);
    keeper = new Keeper<>(this);
    leaks = new LeakWatch<>(this);
    waitingRoom = new WaitingRoom<>(this);
    renewals = new Renewals<>(this);
    failures = new Failures<>(this);
    shutdown = new Shutdown<>(this);
  }

  void start() {
    keeper.start();
    supply.replenish();
  }

  Settings settings() {
    return settings;
  }

  private Settings settingsOf(PoolConfig config) {
    return new Settings(config, transport.heartbeats, environment.random());
  }

  private boolean looksBeforeLoans() {
    return transport.looks || settings.fair || settings.leakThreshold != Nanos.FOREVER;
  }

  /** Works with other settings from now on; what is beyond a lower limit goes when it is unused. */
  void reconfigure(PoolConfig config) {
    settings = settingsOf(config);
    attention.set(Attention.BEFORE_LOAN, looksBeforeLoans());
    attention.set(Attention.TRIM, true); // until the keeper finds nothing beyond the limit
    supply.spares(0); // until the keeper counts with the new settings
    for (Slot<C> slot : table.all()) {
      handout.trimSurplus(slot);
    }
    retireSurplus();
    capacityFreed();
  }

  /** Lets go of every connection that exists or is being dialed. */
  void evictAll() {
    supply.evictDialsUnderWay(); // first: what is published after the pass below sees it
    for (Slot<C> slot : table.all()) {
      removal.doom(slot, slot.serial, CloseReason.EVICTED);
    }
  }

  /** Whether connections beyond maxActive are to be closed when they come back. */
  boolean trims() {
    return attention.has(Attention.TRIM);
  }

  /** Called once in a while: ends the looking that a lower limit began. */
  void stopTrimmingIfDone() {
    if (!trims()) {
      return;
    }
    if (!settings.overflows() && supply.open() <= settings.limit) {
      attention.set(Attention.TRIM, false);
    } else {
      retireSurplus(); // what was being dialed when the limit was lowered is in use by now
    }
  }

  /** Whether there are more connections than there may be even for callers that wait. */
  boolean isBeyondLimit() {
    return trims() && supply.open() > settings.hardLimit;
  }

  /** Of the shared connections, as many as there are too many are not shared any further. */
  private void retireSurplus() {
    Slot<C>[] all = table.all();
    int surplus = supply.open() - settings.hardLimit;
    for (int i = all.length - 1; i >= 0 && surplus > 0; i--) { // light load is at the other end
      Slot<C> slot = all[i];
      long serial = slot.serial; // before the word, so that it is not that of a later connection
      long word = slot.word;
      if (Slot.state(word) == Slot.SHARED) {
        surplus--;
        if (!Slot.isDoomed(word)) {
          removal.doom(slot, serial, CloseReason.SURPLUS);
        }
      }
    }
  }

  /**
   * The one answer to every event that may help a waiter: a release, a close, the end of a dial or
   * a check, a signal.
   */
  void capacityFreed() {
    handout.serve();
    supply.replenish();
  }

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
      takeLimits(slot, connection);
      C successor = slot.connection;
      if (slot.serial != serial && successor != null) { // replaced meanwhile: it has its own
        takeLimits(slot, successor);
      }
      capacityFreed();
    }
  }

  private void takeLimits(Slot<C> slot, C connection) {
    slot.growAt = transport.growAt(connection);
    slot.capacity = transport.capacity(connection);
  }

  long now() {
    return environment.clock().nanoTime();
  }

  /** Runs a short task of the engine's at that moment, or at once if it has passed. */
  Environment.Timer at(long moment, Runnable task) {
    return environment.timers().at(moment, task);
  }

  boolean isClosed() {
    return closed;
  }

  void markClosed() {
    closed = true;
    attention.set(Attention.CLOSED, true);
  }

  /** A lifetime for one connection, so that those dialed together do not end together. */
  long newLifetime() {
    long lifetime = settings.maxLifetime;
    if (lifetime == Nanos.FOREVER) {
      return lifetime;
    }
    double off = (environment.random().nextDouble() * 2 - 1) * LIFETIME_JITTER;
    return lifetime + (long) (lifetime * off);
  }

  void logInvalidation(Throwable cause) {
    LOG.log(Level.DEBUG, () -> "pool " + name + ": a connection was invalidated", cause);
  }
}
