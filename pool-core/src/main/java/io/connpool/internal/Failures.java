package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.PoolException;
import io.connpool.RetryBudget;
import io.connpool.Verdict;
import io.connpool.Verdict.Blame;
import io.connpool.Verdict.Fate;
import io.connpool.Verdict.Retry;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What follows when the body of a call fails: the transport judges, the lease ends accordingly, a
 * connection that broke although it had worked makes others suspect, and what is idempotent may be
 * made once more.
 */
final class Failures<C> {
  /**
   * A peer that gave a connection up long ago says so in a round trip; what fails later failed at
   * work.
   */
  private static final long STALE_SHOWS_WITHIN = 1_000_000_000;

  private final Engine<C> engine;
  private final RetryBudget budget;

  Failures(Engine<C> engine) {
    this.engine = engine;
    budget = new RetryBudget(engine::now);
  }

  /** The transport's verdict; if a connection that had worked was lost, others are suspect. */
  Verdict judge(Loan<C> loan, C connection, Throwable failure) {
    Verdict verdict = engine.transport.classify(connection, failure);
    if (isLoss(loan, verdict, failure)) {
      engine.checks.suspectOthers();
    }
    return verdict;
  }

  /** Ends a lease whose holder failed; returns as {@link #end(Loan, Verdict, Throwable)}. */
  boolean end(Loan<C> loan, C connection, Throwable failure) {
    return end(loan, judge(loan, connection, failure), failure);
  }

  /**
   * Ends a lease whose holder failed.
   *
   * @return whether the call should be made on another connection, see {@link
   *     io.connpool.Transport#share}
   */
  boolean end(Loan<C> loan, Verdict verdict, Throwable failure) {
    boolean shared = engine.transport.givesShares && loan.slot.isShared();
    switch (verdict.fate()) {
      case KEEP -> loan.close();
      case RETIRE -> loan.retire(CloseReason.RETIRED);
      case CLOSE -> loan.invalidate(failure);
    }
    return shared && verdict.retry() == Retry.NOT_SENT && verdict.fate() != Fate.KEEP;
  }

  /**
   * Whether the peer, or the way to it, has ended a connection that had worked. A peer that does
   * not answer in time may be at work on just this request.
   */
  private boolean isLoss(Loan<C> loan, Verdict verdict, Throwable failure) {
    return verdict.fate() == Fate.CLOSE
        && verdict.blame() == Blame.ENDPOINT
        && verdict.retry() != Retry.NEVER
        && !isTimeout(failure)
        && !isTimeout(failure.getCause())
        && loan.isReused();
  }

  private static boolean isTimeout(@Nullable Throwable failure) {
    return failure instanceof InterruptedIOException || failure instanceof TimeoutException;
  }

  /** An idempotent call is made for the first time. */
  void earnRetry() {
    budget.earn();
  }

  /**
   * Whether an idempotent call that failed is to be made once more; if so, that is paid for.
   *
   * @param begun when its body began
   */
  boolean mayRenew(Loan<C> loan, Verdict verdict, Throwable failure, long begun, long deadline) {
    long now = engine.now();
    return isLoss(loan, verdict, failure)
        && now - begun < STALE_SHOWS_WITHIN
        && now - deadline < 0
        && !engine.isClosed()
        && budget.spend();
  }

  /**
   * As {@link #end(Loan, Verdict, Throwable)}, and waits for a connection dialed for the call.
   *
   * @param olderSerial that of the youngest dial when the body began: what is younger is not stale
   * @return the lease of that connection; null if there is none, which is then suppressed in the
   *     failure that is to go on
   */
  @Nullable Loan<C> renew(
      Loan<C> loan, Verdict verdict, Throwable failure, long olderSerial, long deadline)
      throws InterruptedException {
    try {
      return engine.renewals.await(olderSerial, deadline, () -> end(loan, verdict, failure));
    } catch (PoolException noConnection) {
      failure.addSuppressed(noConnection);
      return null;
    } catch (InterruptedException interrupt) {
      interrupt.addSuppressed(failure);
      throw interrupt;
    }
  }
}
