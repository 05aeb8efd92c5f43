package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.Health;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Heartbeats and probes of parked connections, on workers, each under a limit. */
final class Checks<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** Heartbeats at once, and never more than half of what is parked, so that some can be lent. */
  private static final int MOST_HEARTBEATS = 4;

  /** Connections that die of one cause are found within a second, by whoever uses them. */
  private static final long SUSPICION_NANOS = 1_000_000_000;

  private final Engine<C> engine;
  private final AtomicInteger heartbeats = new AtomicInteger();
  private final AtomicBoolean probing = new AtomicBoolean();
  private final AtomicLong suspectAgainAt;

  Checks(Engine<C> engine) {
    this.engine = engine;
    suspectAgainAt = new AtomicLong(engine.now());
  }

  /**
   * What was neither used nor checked since this moment must pass a heartbeat before it is lent.
   */
  long provenAfter() {
    return engine.now() - engine.settings().heartbeatInterval + 1;
  }

  /** Begins a heartbeat unless enough are under way. */
  void inBackground(Slot<C> slot, long word, int available) {
    if (heartbeats.get() < Math.max(1, Math.min(MOST_HEARTBEATS, available / 2))) {
      check(slot, word);
    }
  }

  /** Begins to probe what was parked before this moment, unless that is still under way. */
  void probeParkedBefore(long passTime) {
    if (engine.transport.probes && probing.compareAndSet(false, true)) {
      new ProbeRound(passTime).start(engine.settings().dialTimeout);
    }
  }

  /**
   * A connection that had worked was lost. Whatever has proven itself within a second of such a
   * suspicion is not doubted again, or else a request that kills its connection would cost all
   * others a heartbeat each time.
   */
  void suspectOthers() {
    long again = suspectAgainAt.get();
    long now = engine.now();
    if (now - again >= 0 && suspectAgainAt.compareAndSet(again, now + SUSPICION_NANOS)) {
      suspectAll();
    }
  }

  /**
   * Whatever nobody uses must pass a heartbeat before its next loan; what is in use proves itself.
   */
  void suspectAll() {
    if (!engine.transport.heartbeats) {
      return; // there is nothing to ask; a probe looks before each loan anyway
    }
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      if (Slot.isIdle(word) || Slot.isParked(word) || Slot.isUnshared(word)) {
        long owned = slot.tryCheck(word);
        if (owned != 0) {
          slot.parkedAt = Slot.isParked(word) ? slot.parkedAt : engine.now();
          slot.provenAt = provenAfter() - 1;
          settle(slot, owned);
        }
      }
    }
    engine.supply.replenish();
  }

  /**
   * Begins a heartbeat of a parked connection because somebody waits.
   *
   * @return false if there is none, or it needs no heartbeat and can simply be taken
   */
  boolean oneParked() {
    if (!engine.transport.heartbeats) {
      return false;
    }
    long provenAfter = provenAfter();
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      if (Slot.isParked(word)
          && slot.capacity > 0
          && slot.provenAt - provenAfter < 0
          && check(slot, word)) {
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
    check.start(engine.settings().dialTimeout);
    return true;
  }

  /** One heartbeat of a connection that was parked. */
  private final class Check extends TimedCall<Boolean> {
    private final Slot<C> slot;
    private final long owned;
    private final Supply<C>.Help help = engine.supply.checkBegun();
    private final Flight.@Nullable Heartbeat event = Flight.begun(new Flight.Heartbeat());

    Check(Slot<C> slot, long owned) {
      super(engine.calls);
      this.slot = slot;
      this.owned = owned;
      heartbeats.incrementAndGet();
    }

    @Override
    Boolean call() throws Exception {
      if (engine.isClosed()) {
        throw new IllegalStateException("the pool is closed");
      }
      engine.transport.heartbeat(
          engine.connectionIn(slot), Duration.ofNanos(engine.settings().dialTimeout));
      return true;
    }

    @Override
    void succeeded(Boolean result) {
      heartbeats.decrementAndGet();
      record(null);
      slot.provenAt = engine.now();
      settle(slot, owned);
      help.end();
    }

    @Override
    void failed(Throwable failure) {
      heartbeats.decrementAndGet();
      record(failure);
      LOG.log(Level.DEBUG, () -> "pool " + engine.name + ": a heartbeat failed", failure);
      engine.removal.discardHeld(slot, owned, CloseReason.HEARTBEAT);
      help.end();
    }

    private void record(@Nullable Throwable failure) {
      if (event != null) {
        event.end(engine.name, failure);
      }
    }
  }

  /** What was checked and is good goes to who waits, or back to where it was parked. */
  private void settle(Slot<C> slot, long owned) {
    // A probe proves less than a heartbeat: it does not make an unused connection lendable. And one
    // that may serve nobody now stays parked: what is published counts as used.
    if (!engine.queue.isEmpty() && slot.capacity > 0 && slot.provenAt - provenAfter() >= 0) {
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
    Executor executor(Environment environment) {
      return environment.relay();
    }

    @Override
    void succeeded(Boolean result) {
      probing.set(false);
    }

    /** A probe that blocks breaks the transport's contract, and loses its connection. */
    @Override
    void failed(Throwable failure) {
      Slot<C> hung = current;
      if (hung != null) {
        LOG.log(Level.WARNING, () -> "pool " + engine.name + ": a probe hangs", failure);
        engine.removal.discardHeld(hung, owned, CloseReason.STALE);
      }
      probing.set(false);
    }
  }
}
