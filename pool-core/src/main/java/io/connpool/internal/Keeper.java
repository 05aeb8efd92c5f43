package io.connpool.internal;

import io.connpool.CloseReason;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

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

  private final Engine<C> engine;

  /** When the pass before this one was. What is idle now was last used after it. */
  private long previous;

  /** When the figures were last written to a flight recording, if there is one. */
  private long recordedAt;

  Keeper(Engine<C> engine) {
    this.engine = engine;
  }

  void start() {
    previous = engine.now();
    recordedAt = previous;
    schedule();
  }

  /** At whole multiples of the interval, so that the pools of a process wake its timer together. */
  private void schedule() {
    long now = engine.now();
    long interval = interval(engine.settings());
    engine.at(now + interval - Math.floorMod(now, interval), this::pass);
  }

  private static long interval(Settings settings) {
    long shortest =
        Math.min(
            Math.min(settings.heartbeatInterval, settings.idleTimeout),
            Math.min(settings.maxLifetime, settings.leakThreshold));
    return Math.max(SHORTEST_INTERVAL, Math.min(LONGEST_INTERVAL, shortest / PRECISION));
  }

  private void pass() {
    if (engine.isClosed()) {
      return;
    }
    try {
      look(engine.now());
    } catch (RuntimeException | Error defect) {
      LOG.log(Level.ERROR, () -> "pool " + engine.name + ": maintenance failed", defect);
    }
    schedule();
  }

  private void look(long now) {
    Settings settings = engine.settings();
    // A tenth early, so that callers seldom meet a connection that is due.
    long heartbeatAfter = settings.heartbeatInterval - settings.heartbeatInterval / PRECISION;
    engine.queue.clear();
    engine.leaks.look(now);
    engine.census.countTime(now - previous);
    if (now - recordedAt >= LONGEST_INTERVAL) {
      recordedAt = now;
      Flight.Stats.record(engine);
    }
    engine.stopTrimmingIfDone();
    List<Slot<C>> parked = new ArrayList<>();
    boolean probe = false;
    int available = engine.census.countAvailable();
    engine.supply.spares(0); // each close below asks for what is lacking without them
    int quota = Math.max(1, engine.supply.open() / PRECISION);
    int overdue = 0;
    int unrelieved = 0;
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
          engine.checks.inBackground(slot, word, available);
          parked.add(slot);
        } else {
          probe = true;
          parked.add(slot);
        }
      } else if (old && quota > 0 && !Slot.isDoomed(word)) {
        quota--;
        if (Slot.state(word) != Slot.SHARED || isRelieved(slot, now)) {
          engine.removal.doom(slot, serial, CloseReason.LIFETIME);
        } else {
          unrelieved++;
        }
      }
    }
    expire(parked, settings, now);
    if (probe) {
      engine.checks.probeParkedBefore(now);
    }
    engine.supply.spares((settings.config.minIdle() > 0 ? overdue : 0) + unrelieved);
    engine.supply.replenish();
    previous = now;
  }

  private void park(Slot<C> slot, long idle, long now) {
    long word = idle;
    if (engine.trims() && engine.supply.open() > engine.settings().limit) {
      engine.handout.trimSurplus(slot);
      word = slot.word; // kept, perhaps, because enough others will go: then it parks like any
      if (!Slot.isIdle(word) && !Slot.isUnshared(word)) {
        return;
      }
    }
    // Nobody reads these before the slot is parked; if it is not, the next pass writes them again.
    slot.provenAt = previous - slot.bornAt > 0 ? previous : slot.bornAt;
    slot.parkedAt = now;
    slot.tryPark(word);
  }

  /** Whether closing an old connection leaves minIdle, or waiting for a spare is no use. */
  private boolean isReplaced(Slot<C> slot, int available, long now) {
    Settings settings = engine.settings();
    return available > settings.config.minIdle()
        || (engine.supply.open() >= settings.limit && engine.supply.dialing() == 0)
        || now - slot.retireAt >= settings.dialTimeout;
  }

  /** Whether there is another one for those who would share an old one, or waiting is no use. */
  private boolean isRelieved(Slot<C> slot, long now) {
    for (Slot<C> other : engine.table.all()) {
      long word = other.word;
      if (other != slot
          && now - other.retireAt < 0
          && (other.hasRoom(word) || Slot.isParked(word))) {
        return true;
      }
    }
    return (engine.supply.open() >= engine.settings().limit && engine.supply.dialing() == 0)
        || now - slot.retireAt >= engine.settings().dialTimeout;
  }

  /** Beyond the maxIdle most recently used, what is idle for too long goes. */
  private void expire(List<Slot<C>> parked, Settings settings, long now) {
    int kept = settings.config.maxIdle();
    if (settings.idleTimeout == Nanos.FOREVER || parked.size() <= kept) {
      return;
    }
    parked.sort(
        Comparator.<Slot<C>>comparingLong(slot -> now - slot.parkedAt)
            .thenComparingInt(slot -> slot.index));
    for (Slot<C> slot : parked.subList(kept, parked.size())) {
      long word = slot.word;
      if (Slot.isParked(word) && now - slot.parkedAt >= settings.idleTimeout) {
        engine.removal.discard(slot, word, CloseReason.IDLE);
      }
    }
  }
}
