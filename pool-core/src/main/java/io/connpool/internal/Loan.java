package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.Lease;
import org.jspecify.annotations.Nullable;

/** A lease as the engine sees it. */
abstract class Loan<C> implements Lease<C> {
  final Slot<C> slot;

  Loan(Slot<C> slot) {
    this.slot = slot;
  }

  /** The connection, or null if a closing pool has taken it away. */
  abstract @Nullable C connection();

  /** What its holder has of the {@link #connection()}; null as for that. */
  @Nullable C lent() {
    return connection();
  }

  /** Whether the connection is neither gone nor doomed. */
  abstract boolean isCurrent();

  /** Whether the connection was used or idle before this loan: only such a one can be stale. */
  abstract boolean isReused();

  /**
   * Its holder has it: counts it.
   *
   * @param threadId who took it, 0 if that is not known
   */
  abstract void begun(long threadId);

  /** Ends a loan that was never used. */
  abstract void putBack();

  /** Ends the loan and closes the connection for the given reason. */
  abstract void remove(CloseReason reason);

  /** Ends the loan; the connection is closed when nobody uses it any more. */
  abstract void retire(CloseReason reason);

  @Override
  public void invalidate() {
    remove(CloseReason.INVALIDATED);
  }

  @Override
  public void invalidate(Throwable cause) {
    slot.owner.logInvalidation(cause);
    remove(CloseReason.INVALIDATED);
  }

  static IllegalStateException ended() {
    return new IllegalStateException("the lease has ended: its connection may be somebody else's");
  }
}
