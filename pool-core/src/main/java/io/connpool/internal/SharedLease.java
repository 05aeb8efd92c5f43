package io.connpool.internal;

import io.connpool.CloseReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A share of a connection that several leases have at once. The slot's word cannot tell one share
 * from another, so each lease carries its own one-shot flag, and only the one who wins it counts
 * the share down.
 */
final class SharedLease<C> extends Loan<C> {
  private static final int OPEN = 0;
  private static final int ENDED = 1;
  private static final int INVALIDATED = 2;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(SharedLease.class, "state", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final C connection;
  private final C share;
  private final long serial;
  private volatile int state;

  private SharedLease(Slot<C> slot, C connection, long serial) {
    super(slot);
    this.connection = connection;
    share = slot.owner.transport.share(connection);
    this.serial = serial;
  }

  /**
   * The lease of a share just taken.
   *
   * @param joined what taking it returned; 0 if it was not taken
   * @return null if there is no share, or another holder has closed the connection since
   */
  static <C> @Nullable SharedLease<C> of(Slot<C> slot, long joined) {
    if (joined == 0) {
      return null;
    }
    C connection = slot.connection;
    long serial = slot.serial;
    // Asked last: if the connection is still the one that was joined, the two reads were of it.
    return connection != null && slot.isStillShared(joined)
        ? new SharedLease<>(slot, connection, serial)
        : null;
  }

  @Override
  C connection() {
    return connection;
  }

  @Override
  C lent() {
    return share;
  }

  @Override
  void begun(long threadId) {
    slot.owner.census.countShare();
  }

  @Override
  boolean isCurrent() {
    long word = slot.word; // first: what has this serial number afterwards had it then
    return Slot.state(word) == Slot.SHARED && !Slot.isDoomed(word) && slot.serial == serial;
  }

  @Override
  boolean isReused() {
    return slot.seasoned || slot.serial != serial;
  }

  @Override
  public C get() {
    if (state != OPEN) {
      throw ended();
    }
    return share;
  }

  @Override
  public void close() {
    if (STATE.compareAndSet(this, OPEN, ENDED)) {
      slot.owner.lending.releaseShare(slot, serial, connection);
    } else if (state == ENDED) {
      slot.owner.census.countMisuse();
    }
  }

  @Override
  void putBack() {
    if (STATE.compareAndSet(this, OPEN, ENDED)) {
      slot.owner.lending.leave(slot, serial);
    }
  }

  @Override
  void remove(CloseReason reason) {
    if (STATE.compareAndSet(this, OPEN, INVALIDATED)) {
      slot.owner.lending.removeShared(slot, serial, reason);
    } else {
      slot.owner.census.countMisuse();
    }
  }

  @Override
  void retire(CloseReason reason) {
    if (STATE.compareAndSet(this, OPEN, INVALIDATED)) {
      slot.owner.removal.doom(slot, serial, reason);
      slot.owner.lending.releaseShare(slot, serial, connection);
    }
  }
}
