package io.connpool.internal;

import io.connpool.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * A loan of a whole connection: a slot and the stamp its word has while the loan lasts. Ending it
 * is one compare-and-set against that stamp, so a lease that was ended before fails and changes
 * nothing. 24 bytes; there is no field for "closed".
 */
final class ExclusiveLease<C> extends Loan<C> {
  /** No word: its low bits would be state 15. Marks a lease that was invalidated. */
  private static final long SPENT = -1;

  private long stamp;

  ExclusiveLease(Slot<C> slot, long stamp) {
    super(slot);
    this.stamp = stamp;
  }

  long stamp() {
    return stamp;
  }

  @Override
  public C get() {
    C connection = connection();
    if (connection == null) {
      throw ended();
    }
    return connection;
  }

  @Override
  @Nullable C connection() {
    return slot.isHeldBy(stamp) ? slot.connection : null;
  }

  @Override
  void begun(long threadId) {
    slot.begun(threadId);
  }

  @Override
  boolean isCurrent() {
    return slot.word == stamp;
  }

  @Override
  boolean isReused() {
    return stamp != slot.firstStamp;
  }

  @Override
  public void close() {
    long mine = stamp;
    if (mine != SPENT) {
      slot.owner.lending.release(slot, mine);
    }
  }

  @Override
  void putBack() {
    slot.owner.lending.putBack(slot, stamp);
  }

  @Override
  void remove(CloseReason reason) {
    long mine = stamp;
    if (mine != SPENT) {
      stamp = SPENT;
      slot.owner.lending.remove(slot, mine, reason);
    } else {
      slot.owner.census.countMisuse();
    }
  }

  @Override
  void retire(CloseReason reason) {
    remove(reason);
  }
}
