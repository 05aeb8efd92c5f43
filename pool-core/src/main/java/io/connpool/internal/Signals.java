package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.ConnSignals;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** What one connection tells its pool; does nothing once the pool has let that connection go. */
final class Signals<C> implements ConnSignals {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final Engine<C> engine;
  private final long serial;

  /** Null until the connection is in its slot. */
  private volatile @Nullable Slot<C> slot;

  /** What was signalled first, so that a signal from within the dial is not lost. */
  private volatile @Nullable CloseReason end;

  Signals(Engine<C> engine, long serial) {
    this.engine = engine;
    this.serial = serial;
  }

  /** What was signalled, or null. */
  @Nullable CloseReason end() {
    return end;
  }

  long serial() {
    return serial;
  }

  /**
   * The connection is in this slot, which nobody else can see yet. A signal writes {@link #end} and
   * then reads the slot, this does the reverse: one of them dooms the connection before it is lent.
   */
  void attach(Slot<C> where) {
    slot = where;
    CloseReason signalled = end;
    if (signalled != null) {
      engine.removal.doom(where, serial, signalled);
    }
  }

  @Override
  public void dead(Throwable cause) {
    LOG.log(Level.DEBUG, () -> "pool " + engine.name + ": a connection reports its end", cause);
    end(CloseReason.DEAD);
  }

  @Override
  public void retire(String why) {
    LOG.log(Level.DEBUG, () -> "pool " + engine.name + ": a connection asks to retire: " + why);
    end(CloseReason.RETIRED);
  }

  private void end(CloseReason reason) {
    end = reason;
    Slot<C> where = slot;
    if (where != null) {
      engine.removal.doom(where, serial, reason);
    }
  }

  @Override
  public void capacityChanged() {
    Slot<C> where = slot;
    if (where != null) {
      engine.updateCapacity(where, serial);
    }
  }
}
