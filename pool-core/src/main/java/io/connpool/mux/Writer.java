package io.connpool.mux;

import io.connpool.mux.MuxException.Reason;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/**
 * Who writes what one session posts: whoever has become the owner of the {@link Outbox}, while the
 * loop sleeps; else the loop, to which he hands it over. The owner is also who has a dead session
 * buried, always on the loop.
 */
final class Writer {
  /** How often a caller writes for others besides itself before it leaves that to the loop. */
  private static final int CALLER_ROUNDS = 2;

  /**
   * With more calls in flight, or requests being handled, whoever is about to write yields once
   * before: others who were about to call or answer add theirs, and one write takes all. Measured
   * with 64 platform callers: 39 to 177 k calls a second without, 261 to 392 k with it, and p99 0.7
   * ms instead of 3.7.
   */
  private static final int MANY_CALLS = 16;

  private final Outbox outbox;
  private final Gate gate;
  private final Handling handling;
  private final IoLoop loop;
  private final Vitals vitals;
  private final Ending ending;
  private final Runnable burial;

  private volatile boolean buried;

  /** The stack of what was handed over to the loop; the owner of the outbox pushes. */
  @Nullable Writer nextHandedOver;

  /** Of the loop; null if no selector watches the channel. */
  private @Nullable SelectionKey key;

  /**
   * The writer of an outbox that nobody owns.
   *
   * @param burial on the loop, as the owner; calls {@link #noteBurial}, and is run again if it
   *     fails before
   */
  Writer(
      Outbox outbox,
      Gate gate,
      Handling handling,
      IoLoop loop,
      Vitals vitals,
      Ending ending,
      Runnable burial) {
    this.outbox = outbox;
    this.gate = gate;
    this.handling = handling;
    this.loop = loop;
    this.vitals = vitals;
    this.ending = ending;
    this.burial = burial;
  }

  // --- any thread ---

  /** Queues, and writes if nobody else does. */
  void post(Message message, boolean preferLoop) {
    outbox.add(message);
    if (outbox.tryOwn()) {
      writeAsOwner(preferLoop);
    }
  }

  /** Queues what the gate has not counted. */
  void postUncounted(Message message) {
    gate.force(message.cost());
    post(message, false);
  }

  /** Sends it if the channel takes it at once and nobody else is writing; for last words. */
  void postAtOnce(Message message) throws IOException {
    gate.force(message.cost());
    outbox.add(message);
    if (outbox.tryOwn()) {
      try {
        outbox.drain(1);
      } finally {
        loop.handOver(this);
      }
    }
  }

  /** Writes what was queued before there was a writer. */
  void begin() {
    if (outbox.tryOwn()) {
      writeAsOwner(false);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // a matter of speed only
  private void writeAsOwner(boolean preferLoop) {
    if (buried) {
      discard();
    } else if (loop.isInside()) {
      loop.flushLater(this);
    } else {
      if (!preferLoop && (gate.calls() > MANY_CALLS || handling.count() > MANY_CALLS)) {
        Thread.yield();
      }
      if (preferLoop || loop.isAwake() || ending.isDead() || !writeAsCaller()) {
        loop.handOver(this);
      }
    }
  }

  /** False if the loop must go on; this thread still is the owner then. */
  private boolean writeAsCaller() {
    try {
      for (int round = 0; round < CALLER_ROUNDS; round++) {
        Outbox.Outcome outcome = outbox.drain(1);
        if (outcome == Outbox.Outcome.BLOCKED) {
          return false;
        }
        if (outcome == Outbox.Outcome.DONE && !releaseOrGoOn()) {
          return true;
        }
      }
    } catch (Throwable failure) { // also of a channel of the user's
      ending.die(Reason.CLOSED, "cannot write", failure);
    }
    return false;
  }

  /**
   * Lets go after {@link Outbox.Outcome#DONE}; true if the caller must go on as the owner, because
   * something was added meanwhile, or the session is to be buried.
   */
  private boolean releaseOrGoOn() {
    outbox.release();
    return (needsOwner() || !outbox.isEmpty()) && outbox.tryOwn();
  }

  /** After dying: whether the outbox still needs an owner who buries the session. */
  private boolean needsOwner() {
    return ending.isDead() && !buried;
  }

  private void discard() {
    do {
      outbox.discard();
    } while (releaseOrGoOn());
  }

  /** After dying: sees to it that the loop becomes the owner. */
  void seeToBurial() {
    if (outbox.tryOwn()) {
      loop.handOver(this);
    } else {
      // The owner sees that it is dead before he lets go, unless he waits for a closed channel.
      loop.execute(this::unblock);
    }
  }

  /** Nothing is queued or being written. */
  boolean isAtRest() {
    return outbox.isAtRest();
  }

  // --- the loop ---

  void watchedBy(SelectionKey selectionKey) {
    key = selectionKey;
  }

  /** The loop owns the outbox. */
  void flushByLoop(int rounds) {
    try {
      while (!ending.isDead()) {
        Outbox.Outcome outcome = outbox.drain(rounds);
        if (outcome == Outbox.Outcome.BLOCKED) {
          noteBlocked();
          return;
        }
        if (outcome == Outbox.Outcome.MORE) {
          loop.flushLater(this);
          return;
        }
        if (!releaseOrGoOn()) {
          return;
        }
      }
    } catch (Throwable failure) {
      ending.die(Reason.CLOSED, "cannot write", failure);
    }
    if (!buried) {
      burial.run();
    }
    discard();
  }

  private void noteBlocked() {
    vitals.blocked(loop.now());
    if (key != null) {
      key.interestOpsOr(SelectionKey.OP_WRITE);
    }
  }

  /** The channel may take bytes again. */
  void unblock() {
    if (vitals.isBlocked()) {
      vitals.unblocked();
      loop.flushLater(this); // it has owned the outbox since it was blocked
    }
  }

  /** From now on whatever is posted is forgotten. */
  void noteBurial() {
    buried = true;
  }
}
