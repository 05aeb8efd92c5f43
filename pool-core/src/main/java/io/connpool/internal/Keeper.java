package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.Health;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Looks after the connections that nobody uses. Once an interval it parks whatever is idle, and of
 * what was parked before it closes what has expired, heartbeats what was unused for long, and
 * probes the rest. The pass itself runs on the timer thread and touches no user code.
 */
final class Keeper<C> {
  private static final Logger LOG = System.getLogger("io.connpool");
  private static final long LONGEST_INTERVAL = 1_000_000_000;
  private static final long SHORTEST_INTERVAL = 10_000_000;

  /** Every limit is noticed within a tenth of it. */
  private static final int PRECISION = 10;

  /** Heartbeats at once, and never more than half of what is parked, so that some can be lent. */
  private static final int MOST_HEARTBEATS = 4;

  private final Engine<C> engine;
  private final long interval;
  private final long heartbeatInterval;

  /** A tenth early, so that callers seldom meet a connection that is due. */
  private final long heartbeatAfter;

  private final long idleTimeout;
  private final AtomicInteger heartbeats = new AtomicInteger();
  private final AtomicBoolean probing = new AtomicBoolean();

  /** When the pass before this one was. What is idle now was last used after it. */
  private long previous;

  Keeper(Engine<C> engine) {
    this.engine = engine;
    heartbeatInterval =
        engine.transport.heartbeats
            ? Nanos.orForever(engine.config.heartbeatInterval())
            : Nanos.FOREVER;
    heartbeatAfter = heartbeatInterval - heartbeatInterval / PRECISION;
    idleTimeout = Nanos.orForever(engine.config.idleTimeout());
    long shortest =
        Math.min(
            Math.min(heartbeatInterval, idleTimeout), Nanos.orForever(engine.config.maxLifetime()));
    interval = Math.max(SHORTEST_INTERVAL, Math.min(LONGEST_INTERVAL, shortest / PRECISION));
  }

  void start() {
    previous = engine.now();
    schedule();
  }

  /** At whole multiples of the interval, so that the pools of a process wake its timer together. */
  private void schedule() {
    engine.later(interval - Math.floorMod(engine.now(), interval), this::pass);
  }

  private void pass() {
    if (engine.isClosed()) {
      return;
    }
    try {
      look(engine.now());
    } catch (RuntimeException | Error defect) {
      LOG.log(Level.ERROR, () -> "pool " + engine.config.name() + ": maintenance failed", defect);
    }
    schedule();
  }

  /**
   * What was neither used nor checked since this moment must pass a heartbeat before it is lent.
   */
  long provenAfter() {
    return engine.now() - heartbeatInterval + 1;
  }

  private void look(long now) {
    List<Slot<C>> parked = new ArrayList<>();
    boolean probe = false;
    int available = engine.census.countAvailable();
    int quota = Math.max(1, engine.supply.open() / PRECISION);
    int overdue = 0;
    for (Slot<C> slot : engine.table.all()) {
      long serial = slot.serial; // before the word, so that it is not that of a later connection
      long word = slot.word;
      boolean old = Slot.state(word) > Slot.DIALING && now - slot.retireAt >= 0;
      if (Slot.isIdle(word) || Slot.isUnshared(word)) {
        park(slot, word, now);
        parked.add(slot);
      } else if (Slot.isParked(word)) {
        if (old && quota > 0) {
          overdue++;
          quota--;
          if (isReplaced(slot, available, now)
              && engine.removal.discard(slot, word, CloseReason.LIFETIME)) {
            available--;
            overdue--;
          }
        } else if (now - slot.provenAt >= heartbeatAfter) {
          checkInBackground(slot, word, available);
          parked.add(slot);
        } else {
          probe = true;
          parked.add(slot);
        }
      } else if (old && quota > 0 && !Slot.isDoomed(word)) {
        quota--;
        engine.removal.doom(slot, serial, CloseReason.LIFETIME);
      }
    }
    expire(parked, now);
    if (probe && engine.transport.probes && probing.compareAndSet(false, true)) {
      new ProbeRound(now).start(engine.dialTimeout);
    }
    engine.supply.spares(engine.config.minIdle() > 0 ? overdue : 0);
    engine.supply.replenish();
    previous = now;
  }

  private void park(Slot<C> slot, long word, long now) {
    if (engine.hardLimit > engine.limit && engine.supply.open() > engine.limit) {
      engine.handout.trimSurplus(slot);
      return;
    }
    // Nobody reads these before the slot is parked; if it is not, the next pass writes them again.
    slot.provenAt = previous - slot.bornAt > 0 ? previous : slot.bornAt;
    slot.parkedAt = now;
    slot.tryPark(word);
  }

  /** Whether closing an old connection leaves minIdle, or waiting for a spare is no use. */
  private boolean isReplaced(Slot<C> slot, int available, long now) {
    return available > engine.config.minIdle()
        || engine.supply.open() >= engine.limit
        || now - slot.retireAt >= engine.dialTimeout;
  }

  /** Beyond the maxIdle most recently used, what is idle for too long goes. */
  private void expire(List<Slot<C>> parked, long now) {
    int kept = engine.config.maxIdle();
    if (idleTimeout == Nanos.FOREVER || parked.size() <= kept) {
      return;
    }
    parked.sort(
        Comparator.<Slot<C>>comparingLong(slot -> now - slot.parkedAt)
            .thenComparingInt(slot -> slot.index));
    for (Slot<C> slot : parked.subList(kept, parked.size())) {
      long word = slot.word;
      if (Slot.isParked(word) && now - slot.parkedAt >= idleTimeout) {
        engine.removal.discard(slot, word, CloseReason.IDLE);
      }
    }
  }

  private void checkInBackground(Slot<C> slot, long word, int available) {
    if (heartbeats.get() < Math.max(1, Math.min(MOST_HEARTBEATS, available / 2))) {
      check(slot, word);
    }
  }

  /**
   * Begins a heartbeat of a parked connection because somebody waits.
   *
   * @return false if there is none, or it needs no heartbeat and can simply be taken
   */
  boolean checkOneParked() {
    if (heartbeatInterval == Nanos.FOREVER) {
      return false;
    }
    long provenAfter = provenAfter();
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      if (Slot.isParked(word) && slot.provenAt - provenAfter < 0 && check(slot, word)) {
        return true;
      }
    }
    return false;
  }

  private boolean check(Slot<C> slot, long word) {
    long owned = slot.tryCheck(word);
    if (owned == 0) {
      return false;
    }
    Check check = new Check(slot, owned);
    engine.supply.checkBegun();
    engine.later(Supply.YOUNG_CHECK_NANOS, check::growOld);
    check.start(engine.dialTimeout);
    return true;
  }

  /** One heartbeat of a connection that was parked. */
  private final class Check extends TimedCall<Boolean> {
    private final Slot<C> slot;
    private final long owned;
    private final AtomicBoolean young = new AtomicBoolean(true);

    Check(Slot<C> slot, long owned) {
      super(engine.calls);
      this.slot = slot;
      this.owned = owned;
      heartbeats.incrementAndGet();
    }

    /** Those who counted on it look for other help. */
    void growOld() {
      if (young.compareAndSet(true, false)) {
        engine.supply.checkNoLongerYoung();
        engine.supply.replenish();
      }
    }

    @Override
    Boolean call() throws Exception {
      if (engine.isClosed()) {
        throw new IllegalStateException("the pool is closed");
      }
      engine.transport.heartbeat(engine.connectionIn(slot), Duration.ofNanos(engine.dialTimeout));
      return true;
    }

    @Override
    void succeeded(Boolean result) {
      heartbeats.decrementAndGet();
      slot.provenAt = engine.now();
      settle(slot, owned);
      growOld();
    }

    @Override
    void failed(Throwable failure) {
      heartbeats.decrementAndGet();
      LOG.log(Level.DEBUG, () -> "pool " + engine.config.name() + ": a heartbeat failed", failure);
      engine.removal.discardHeld(slot, owned, CloseReason.HEARTBEAT);
      growOld();
    }
  }

  /** What was checked and is good goes to who waits, or back to where it was parked. */
  private void settle(Slot<C> slot, long owned) {
    // a probe proves less than a heartbeat: it does not make an unused connection lendable
    if (!engine.queue.isEmpty() && slot.provenAt - provenAfter() >= 0) {
      engine.handout.publish(slot, owned);
    } else if (!slot.trySettleParked(owned)) {
      engine.removal.discardHeld(slot, owned, slot.doom);
    } else if (engine.isClosed()) {
      engine.shutdown.sweep(slot);
    } else if (!engine.queue.isEmpty()) {
      engine.capacityFreed(); // it came while this slot was out of sight
    }
  }

  /** Probes what has been parked since an earlier pass, one after the other. */
  private final class ProbeRound extends TimedCall<Boolean> {
    private final long passTime;
    private volatile @Nullable Slot<C> current;
    private volatile long owned;

    ProbeRound(long passTime) {
      super(engine.calls);
      this.passTime = passTime;
    }

    @Override
    Boolean call() {
      for (Slot<C> slot : engine.table.all()) {
        long word = slot.word;
        if (isCut() || engine.isClosed()) {
          break;
        }
        if (Slot.isParked(word) && slot.parkedAt - passTime < 0) {
          owned = slot.tryCheck(word);
          if (owned != 0) {
            current = slot;
            probe(slot, owned);
            current = null;
          }
        }
      }
      return true;
    }

    private void probe(Slot<C> slot, long held) {
      Health health = engine.transport.probe(engine.connectionIn(slot));
      if (health.isUsable()) {
        settle(slot, held);
      } else {
        engine.removal.discardHeld(slot, held, Lending.reason(health));
      }
    }

    @Override
    void succeeded(Boolean result) {
      probing.set(false);
    }

    /** A probe that blocks breaks the transport's contract, and loses its connection. */
    @Override
    void failed(Throwable failure) {
      LOG.log(Level.WARNING, () -> "pool " + engine.config.name() + ": a probe hangs", failure);
      Slot<C> hung = current;
      if (hung != null) {
        engine.removal.discardHeld(hung, owned, CloseReason.STALE);
      }
      probing.set(false);
    }
  }
}
