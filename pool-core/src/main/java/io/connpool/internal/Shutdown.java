package io.connpool.internal;

import io.connpool.CloseReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The end of a pool: refuse, drain, force, give up. */
final class Shutdown<C> {
  /** The second after the grace that a close may take, less the time to tell and to notice. */
  private static final long AFTER_GRACE = 900_000_000;

  /** Of what is left of that second, for listeners to be told of an end that was not clean. */
  private static final long LAST_WORD = 25_000_000;

  /** For workers that have done their work to end. */
  private static final long LAST_MILLIS = 50;

  private final Engine<C> engine;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CompletableFuture<Boolean> terminated = new CompletableFuture<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean forced;

  /**
   * Whether every lease ended by itself and every close returned. Final once the pool has ended.
   */
  private volatile boolean clean;

  /** Set if a listener closes the pool: it cannot be told the end before its call returns. */
  private volatile boolean closedByListener;

  Shutdown(Engine<C> engine) {
    this.engine = engine;
  }

  /** Ends the pool, or waits for the end that another thread has begun. */
  boolean close(long graceNanos) {
    if (engine.announcer.isCalledByListener()) {
      closedByListener = true;
      if (ended.get()) {
        terminate();
      }
    }
    if (begun.compareAndSet(false, true)) {
      begin(graceNanos);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          boolean result = terminated.get();
          engine.environment.workers().awaitTermination(LAST_MILLIS, TimeUnit.MILLISECONDS);
          return result;
        } catch (InterruptedException hurry) {
          interrupted = true;
          force();
        } catch (ExecutionException impossible) {
          throw new IllegalStateException(impossible);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Begins the end, or does all of it; waits for nothing. */
  void begin(long graceNanos) {
    long graceOver = engine.now() + graceNanos;
    engine.markClosed();
    // From here on whoever joins the queue or makes a connection available sees that it is closed.
    engine.handout.failAll(engine.waitingRoom::closed);
    engine.renewals.failAll(engine.waitingRoom::closed);
    engine.supply.tellWarmUps();
    engine.calls.cutAll(false);
    engine.supply.endPauses();
    engine.disposer.hurry();
    for (Slot<C> slot : engine.table.all()) {
      sweep(slot);
    }
    if (graceNanos == 0) {
      force();
    } else {
      engine.at(graceOver, this::force);
    }
    engine.at(graceOver + AFTER_GRACE, this::giveUp);
    check();
  }

  /** Closes what is in this slot, or keeps it from being lent again if somebody uses it. */
  void sweep(Slot<C> slot) {
    engine.removal.doom(slot, slot.serial, CloseReason.POOL_CLOSED);
  }

  private void force() {
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      while (Slot.state(word) == Slot.LEASED || Slot.state(word) == Slot.SHARED) {
        forced = true;
        engine.removal.discard(slot, word, CloseReason.POOL_CLOSED);
        word = slot.word;
      }
    }
  }

  private void giveUp() {
    if (ended.get()) {
      hangUp();
      return;
    }
    engine.at(engine.now() + LAST_WORD, this::hangUp);
    forced = true;
    engine.calls.cutAll(true);
    end();
  }

  private void hangUp() {
    engine.announcer.hangUp();
    terminate();
  }

  /** Called whenever a slot was vacated or a close returned. */
  void check() {
    if (engine.isClosed() && engine.supply.open() == 0 && engine.disposer.isDone()) {
      end();
    }
  }

  /** Nothing is left but to tell the listeners, and to wait for them while there is time. */
  private void end() {
    clean = !forced && !engine.disposer.wasCutShort(); // before anybody can see that it has ended
    if (ended.compareAndSet(false, true)) {
      engine.chronicle.poolClosed(clean, this::terminate);
      if (closedByListener) {
        terminate();
      }
    }
  }

  private void terminate() {
    if (terminated.complete(clean)) {
      engine.environment.timers().close();
      engine.environment.workers().shutdown();
    }
  }
}
