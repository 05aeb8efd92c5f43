package io.connpool.internal;

import io.connpool.CloseReason;

/**
 * Takes connections out of their slots for good, or marks those that somebody holds, so that the
 * holder does it. The actual close is the {@link Disposer}'s.
 */
final class Removal<C> {
  private final Engine<C> engine;

  Removal(Engine<C> engine) {
    this.engine = engine;
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
    engine.supply.slotLeft(); // after its close was asked for, or the pool might seem to have ended
    engine.capacityFreed();
    engine.shutdown.check();
    return true;
  }

  /**
   * Closes a connection beyond maxActive that the caller holds as CHECKING.
   *
   * @return false if there is none beyond it any more
   */
  boolean discardSurplus(Slot<C> slot, long owned) {
    // Counted out before it is closed: of two that come back at once each must see the other.
    if (!engine.supply.claimSurplus()) {
      return false;
    }
    if (slot.tryRemove(owned) || slot.tryRemove(owned | Slot.DOOMED)) {
      closeRemoved(slot, CloseReason.SURPLUS);
      engine.capacityFreed();
      engine.shutdown.check();
    }
    return true;
  }

  private void closeRemoved(Slot<C> slot, CloseReason reason) {
    C connection = engine.connectionIn(slot);
    long age = engine.now() - slot.bornAt; // before the slot can have a new one
    slot.vacate();
    engine.disposer.dispose(connection, reason, age);
  }

  /** Lets the connection with this serial go as soon as nobody uses it. */
  void doom(Slot<C> slot, long serial, CloseReason reason) {
    for (; ; ) {
      long word = slot.word;
      if (serial == Slot.NOTHING || slot.serial != serial) {
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
        case Slot.DIALING, Slot.LEASED, Slot.CHECKING -> {
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
}
