package io.connpool.internal;

import io.connpool.PoolConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Holds the parts of one pool together, and what all of them need: the settings, the time, whether
 * the pool is closed. The parts may be called by any thread, never block and hold no lock; user
 * code is run only where the transport's contract says so.
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
  final Census<C> census;
  final Lending<C> lending;
  final Handout<C> handout;
  final Removal<C> removal;
  final Disposer<C> disposer;
  final Supply<C> supply;
  final Checks<C> checks;
  final Keeper<C> keeper;
  final WaitingRoom<C> waitingRoom;
  final Shutdown<C> shutdown;

  /** maxActive, or no limit. */
  final int limit;

  /** As {@link #limit}, but hardMax with OVERFLOW. */
  final int hardLimit;

  final long dialTimeout;

  private volatile boolean closed;

  Engine(PoolConfig config, ComposedTransport<C> transport, Environment environment) {
    this.config = config;
    this.transport = transport;
    this.environment = environment;
    limit = config.maxActive() == 0 ? Integer.MAX_VALUE : config.maxActive();
    hardLimit = config.hardMax() == 0 ? Integer.MAX_VALUE : config.hardMax();
    dialTimeout = Nanos.of(config.dialTimeout());
    calls = new CallDesk(environment, this::capacityFreed);
    table = new SlotTable<>(this);
    census = new Census<>(this);
    lending = new Lending<>(this);
    handout = new Handout<>(this);
    removal = new Removal<>(this);
    disposer = new Disposer<>(this);
    supply = new Supply<>(this);
    checks = new Checks<>(this);
    keeper = new Keeper<>(this);
    waitingRoom = new WaitingRoom<>(this);
    shutdown = new Shutdown<>(this);
  }

  void start() {
    keeper.start();
    supply.replenish();
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
      slot.capacity = transport.capacity(connection);
      C successor = slot.connection;
      if (slot.serial != serial && successor != null) { // replaced meanwhile: it has its own
        slot.capacity = transport.capacity(successor);
      }
      capacityFreed();
    }
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

  void logInvalidation(Throwable cause) {
    LOG.log(Level.DEBUG, () -> "pool " + config.name() + ": a connection was invalidated", cause);
  }
}
