package io.connpool.thrift;

import io.connpool.AcquireTimeoutException;
import io.connpool.Call;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolException;
import io.connpool.RetryBudget;
import io.connpool.Verdict;
import io.connpool.net.Deadline;
import io.connpool.thrift.ThriftCallException.Phase;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.thrift.transport.TTransportException;

/**
 * Makes calls through a pool: one deadline over everything a call does, and another attempt where
 * that is safe and may help.
 *
 * <ul>
 *   <li>What certainly did not run is made again until the deadline.
 *   <li>What may have run is made again if it is idempotent and the {@link RetryBudget} allows it.
 *   <li>An answer is an answer, and a caller that was interrupted does not want one.
 * </ul>
 *
 * @param <C> what the pool lends
 */
final class Calls<C> {
  /** Beginning with the third attempt, each waits a random time up to twice that of the last. */
  private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(10).toNanos();

  /** As the core's pauses between dials: noticing a server that is back takes half a second. */
  private static final long LONGEST_PAUSE_NANOS = Duration.ofMillis(500).toNanos();

  private final String endpoint;
  private final ConnPool<C> pool;
  private final Function<? super C, ? extends Conversation> conversation;
  private final Duration acquireTimeout;
  private final RetryBudget budget = new RetryBudget();

  /**
   * @param conversation what one use of a connection talks through
   */
  Calls(
      String endpoint, ConnPool<C> pool, Function<? super C, ? extends Conversation> conversation) {
    this.endpoint = endpoint;
    this.pool = pool;
    this.conversation = conversation;
    acquireTimeout = pool.effectiveConfig().acquireTimeout();
  }

  ConnPool<C> pool() {
    return pool;
  }

  /**
   * Makes a call.
   *
   * @param body what to do with the connection
   * @param idempotent whether it may run twice without harm
   * @param retries whether it may be made again at all
   * @throws X what the body throws, if it is not about the connection
   */
  <R, X extends Exception> R make(
      Call<Conversation, R, X> body, Deadline deadline, boolean idempotent, boolean retries)
      throws X, ThriftCallException {
    budget.earn();
    boolean mayHaveRun = false;
    for (int attempts = 1; ; attempts++) {
      Attempt<R, X> attempt = new Attempt<>(body, deadline);
      try {
        return attempt.make();
      } catch (ThriftCallException caught) {
        if (attempt.isAnswered()) {
          throw caught; // of another pool's, which the body has called
        }
        // A body may have sent something before the request that failed.
        ThriftCallException failure = attempt.sent ? caught.thatMayHaveRun() : caught;
        mayHaveRun |= failure.maybeProcessed();
        if (!retries || !isWorthAnother(failure, idempotent, attempts, deadline)) {
          throw mayHaveRun ? failure.thatMayHaveRun() : failure;
        }
      }
    }
  }

  /** Gets a connection for calls of the caller's own, each of which has the timeout for itself. */
  <I> ThriftLease<I> lease(Service<I> service, Deadline deadline, boolean retries, Duration timeout)
      throws ThriftCallException {
    Lease<C> lease = acquire(deadline, retries);
    // get throws once the lease has ended, so a client that is kept never touches the connection
    Supplier<Conversation> talk = () -> conversation.apply(lease.get());
    return new ThriftLease<>(lease, service, new OneConnection(talk, service, timeout));
  }

  private Lease<C> acquire(Deadline deadline, boolean retries) throws ThriftCallException {
    for (int attempts = 1; ; attempts++) {
      try {
        return pool.acquire(timeFor(deadline));
      } catch (InterruptedException interrupt) {
        throw interrupted(interrupt);
      } catch (PoolException refusal) {
        ThriftCallException failure = notAcquired(refusal);
        if (!retries || !isWorthAnother(failure, false, attempts, deadline)) {
          throw failure;
        }
      }
    }
  }

  /** One use of a connection. */
  private final class Attempt<R, X extends Exception> implements Call<C, R, X> {
    private final Call<Conversation, R, X> body;
    private final Deadline deadline;
    private boolean begun;
    private boolean sound;
    private boolean sent;

    Attempt(Call<Conversation, R, X> body, Deadline deadline) {
      this.body = body;
      this.deadline = deadline;
    }

    R make() throws X, ThriftCallException {
      Duration time = timeFor(deadline);
      try {
        return pool.call(time, this);
      } catch (PoolException refusal) {
        if (begun) { // then it is one that the body threw
          throw refusal;
        }
        throw notAcquired(refusal);
      } catch (InterruptedException interrupt) {
        if (begun) {
          @SuppressWarnings("unchecked")
          X own = (X) interrupt;
          throw own;
        }
        throw interrupted(interrupt);
      }
    }

    @Override
    public R with(C connection) throws X {
      begun = true;
      Conversation talk = conversation.apply(connection);
      WireState state = talk.state();
      state.loanBegins();
      talk.begin(deadline);
      try {
        return body.with(talk);
      } catch (Exception failure) {
        @SuppressWarnings("unchecked") // it is what the body may throw, or unchecked
        X own = (X) failure;
        throw state.explained(own);
      } finally {
        sound = state.isSound();
        sent = state.sentInLoan();
        talk.end();
      }
    }

    /** Whether a failure says nothing about the connection it had. */
    boolean isAnswered() {
      return begun && sound;
    }
  }

  private Duration timeFor(Deadline deadline) throws ThriftCallException {
    Duration left = deadline.remaining();
    if (left.isZero()) {
      throw new ThriftCallException(
          TTransportException.TIMED_OUT,
          "the time for a call to " + endpoint + " was over before there was a connection for it",
          Phase.ACQUIRE,
          false,
          Verdict.Retry.NOT_SENT,
          null);
    }
    return left.compareTo(acquireTimeout) < 0 ? left : acquireTimeout;
  }

  private ThriftCallException notAcquired(PoolException refusal) {
    boolean late = refusal instanceof AcquireTimeoutException;
    return new ThriftCallException(
        late ? TTransportException.TIMED_OUT : TTransportException.NOT_OPEN,
        "no connection to %s: %s".formatted(endpoint, refusal.getMessage()),
        Phase.ACQUIRE,
        false,
        refusal instanceof PoolClosedException ? Verdict.Retry.NEVER : Verdict.Retry.NOT_SENT,
        refusal);
  }

  private ThriftCallException interrupted(InterruptedException interrupt) {
    Thread.currentThread().interrupt();
    return new ThriftCallException(
        TTransportException.UNKNOWN,
        "interrupted while waiting for a connection to " + endpoint,
        Phase.ACQUIRE,
        false,
        Verdict.Retry.NEVER,
        interrupt);
  }

  /** Decides about another attempt, and pauses before it if there were several. */
  private boolean isWorthAnother(
      ThriftCallException failure, boolean idempotent, int attempts, Deadline deadline) {
    if (deadline.hasPassed()) {
      return false;
    }
    boolean allowed =
        switch (failure.retry()) {
          // A pool that is exhausted said so after all the time it was given, or by its policy.
          case NOT_SENT ->
              failure.phase() != Phase.ACQUIRE || failure.getCause() instanceof DialException;
          case MAYBE_SENT -> idempotent && budget.spend();
          case NEVER -> false;
        };
    if (allowed && failure.phase() != Phase.ACQUIRE) { // between dials the pool pauses
      pause(attempts, deadline);
    }
    return allowed;
  }

  private static void pause(int attempts, Deadline deadline) {
    if (attempts == 1) {
      return; // a connection that had gone stale, most likely; the next one is looked at
    }
    long most = Math.min(FIRST_PAUSE_NANOS << Math.min(attempts - 2, 16), LONGEST_PAUSE_NANOS);
    long pause = Math.min(ThreadLocalRandom.current().nextLong(most), deadline.remainingNanos());
    long end = System.nanoTime() + pause;
    // An interrupt ends the pause, and then the next acquire.
    while (end - System.nanoTime() > 0 && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
