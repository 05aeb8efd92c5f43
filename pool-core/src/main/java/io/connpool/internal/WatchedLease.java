package io.connpool.internal;

import io.connpool.CloseReason;
import org.jspecify.annotations.Nullable;

/** What a caller holds instead of the loan itself while {@link LeakWatch} is on. */
final class WatchedLease<C> extends Loan<C> {
  private final Loan<C> loan;
  private final LeakWatch<C>.Outing outing;

  WatchedLease(Loan<C> loan, LeakWatch<C> watch, LeakWatch.Origin origin) {
    super(loan.slot);
    this.loan = loan;
    outing = watch.outing(this, loan, origin);
  }

  @Override
  public C get() {
    return loan.get();
  }

  @Override
  @Nullable C connection() {
    return loan.connection();
  }

  @Override
  @Nullable C lent() {
    return loan.lent();
  }

  @Override
  void begun(long threadId) {
    loan.begun(0); // its origin knows the thread
  }

  @Override
  boolean isCurrent() {
    return loan.isCurrent();
  }

  @Override
  boolean isReused() {
    return loan.isReused();
  }

  @Override
  public void close() {
    outing.ended(); // first: from here on this lease may be collected at any moment
    loan.close();
  }

  @Override
  void putBack() {
    outing.ended();
    loan.putBack();
  }

  @Override
  void remove(CloseReason reason) {
    outing.ended();
    loan.remove(reason);
  }

  @Override
  void retire(CloseReason reason) {
    outing.ended();
    loan.retire(reason);
  }
}
