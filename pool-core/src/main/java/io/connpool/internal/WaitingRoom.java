package io.connpool.internal;

import io.connpool.AcquireTimeoutException;
import io.connpool.AcquireTimeoutException.Phase;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolEvent.Waited.Outcome;
import io.connpool.PoolException;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolStats;
import io.connpool.WhenExhausted;
import io.connpool.threads.VirtualThreads;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The slow path of an acquire: join the queue, see that a dial is begun, wait, leave. */
final class WaitingRoom<C> {
  private final Engine<C> engine;
  private final WaitQueue<C> queue;
  private final Alarm<C> alarm;

  WaitingRoom(Engine<C> engine) {
    this.engine = engine;
    this.queue = engine.queue;
    alarm = new Alarm<>(engine);
  }

  // --- threads ---

  /** Waits for a connection, not beyond the time given. */
  Loan<C> await(long nanos) throws InterruptedException {
    Waiter<C> me = new Waiter<>(engine.environment.clock(), Thread.currentThread());
    me.deadline = me.since + nanos;
    me.needsAlarm = VirtualThreads.isVirtual(Thread.currentThread());
    enter(me);
    boolean mustPassOn = false;
    Outcome outcome = Outcome.FAILED;
    try {
      while (true) {
        Loan<C> loan = me.loan();
        if (loan != null) {
          if (engine.lending.isGood(loan)) {
            outcome = Outcome.SERVED;
            return loan;
          }
          queue.reopen(me);
        }
        throwFailure(me);
        boolean woken = queue.answer(me);
        mustPassOn |= woken;
        if (engine.settings().fair) {
          engine.handout.serve(); // everybody is handed his, in order
        } else {
          loan = engine.lending.takeAny();
          if (loan != null) {
            if (!queue.leave(me)) {
              giveAway(me);
            }
            outcome = Outcome.SERVED;
            return loan;
          }
        }
        engine.supply.replenish();
        if (engine.isClosed() && queue.leave(me)) {
          throw closed();
        }
        if (woken) {
          queue.declareHeir(me); // somebody was faster
        }
        if (engine.now() - me.deadline >= 0 && queue.leave(me)) {
          engine.census.countTimeout();
          outcome = Outcome.TIMED_OUT;
          throw timedOut(nanos, Thread.currentThread());
        }
        if (me.isWaiting()) {
          me.waited = true;
          park(me);
        }
        if (Thread.interrupted()) {
          if (!queue.leave(me)) {
            giveAway(me);
          }
          outcome = Outcome.GIVEN_UP;
          throw new InterruptedException();
        }
      }
    } finally {
      mustPassOn |= queue.left(me);
      if (mustPassOn && !queue.isEmpty()) {
        engine.handout.serve(); // there may be more than this one needed
      }
      ended(me, outcome);
    }
  }

  private void park(Waiter<C> me) {
    if (me.needsAlarm) {
      alarm.setFor(me);
      engine.environment.clock().park(this);
    } else {
      engine.environment.clock().parkUntil(this, me.deadline);
    }
  }

  private static void throwFailure(Waiter<?> me) {
    Throwable failure = me.failure();
    if (failure instanceof PoolException expected) {
      throw expected;
    }
    if (failure != null) {
      throw new IllegalStateException("waiters fail with pool exceptions", failure);
    }
  }

  /** A loan that came too late for its waiter goes to the next. */
  private void giveAway(Waiter<C> me) {
    Loan<C> loan = me.loan();
    if (loan != null) {
      engine.handout.deliver(loan);
    }
  }

  // --- futures ---

  /** Queues a caller that does not block. */
  CompletableFuture<Lease<C>> enqueue(long nanos) {
    AsyncWaiter<C> waiter =
        new AsyncWaiter<>(this, engine.environment.clock(), nanos, engine.leaks.origin());
    waiter.waited = nanos > 0; // before anybody can see that it waits
    try {
      enter(waiter);
    } catch (PoolException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    if (nanos > 0) { // after it is counted as one who waits
      waiter.limitedBy(engine.at(waiter.since + nanos, () -> failTimedOut(waiter)));
    }
    leaveWhenCancelled(waiter);
    engine.capacityFreed(); // looks once more, on its behalf
    if (engine.isClosed()) {
      engine.handout.fail(waiter, closed());
    } else if (nanos == 0) {
      failTimedOut(waiter);
    }
    return waiter.future();
  }

  private void leaveWhenCancelled(AsyncWaiter<C> waiter) {
    CompletableFuture<Lease<C>> future = waiter.future();
    CompletableFuture<Lease<C>> unused =
        future.whenComplete(
            (lease, failure) -> {
              if (future.isCancelled() && queue.leave(waiter)) {
                departed(waiter, Outcome.GIVEN_UP);
              }
            });
  }

  /** Passes the outcome of a waiter on to its future. */
  void complete(AsyncWaiter<C> waiter) {
    Loan<C> loan = waiter.loan();
    Throwable failure = waiter.failure();
    if (loan != null && !engine.lending.isGood(loan)) {
      waitAgain(waiter);
      return;
    }
    departed(waiter, loan != null ? Outcome.SERVED : outcomeOf(failure));
    if (failure != null) {
      waiter.future().completeExceptionally(failure);
    } else if (loan != null) {
      loan.begun(0); // whoever gets the future has it
      Loan<C> watched = engine.leaks.watched(loan, waiter.origin);
      if (!waiter.future().complete(watched)) {
        watched.close(); // cancelled meanwhile
      }
    }
  }

  /**
   * The loan was bad. What ended the wait meanwhile found this waiter served and did nothing, so it
   * is looked at here once more, after the waiter can be seen to wait.
   */
  private void waitAgain(AsyncWaiter<C> waiter) {
    queue.reopen(waiter);
    engine.capacityFreed();
    if (engine.isClosed()) {
      engine.handout.fail(waiter, closed());
    } else if (waiter.future().isCancelled()) {
      if (queue.leave(waiter)) {
        departed(waiter, Outcome.GIVEN_UP);
      }
    } else if (waiter.isOverdue()) {
      failTimedOut(waiter);
    }
  }

  private static Outcome outcomeOf(@Nullable Throwable failure) {
    return failure instanceof AcquireTimeoutException ? Outcome.TIMED_OUT : Outcome.FAILED;
  }

  private void departed(AsyncWaiter<C> waiter, Outcome outcome) {
    boolean mustPassOn = queue.left(waiter);
    waiter.cancelTimer(); // after it has left, see AsyncWaiter#limitedBy
    if (mustPassOn) {
      engine.handout.serve();
    }
    ended(waiter, outcome);
  }

  // --- both ---

  /** Counts and tells a wait, if it was one; wherever it was. */
  void ended(Waiter<C> waiter, Outcome outcome) {
    if (waiter.waited) {
      engine.chronicle.waited(engine.now() - waiter.since, outcome);
      if (waiter.event != null) {
        waiter.event.end(engine.name, outcome);
      }
    }
  }

  /** Joins the queue, unless the policy or the pool's end forbids it. */
  private void enter(Waiter<C> waiter) {
    if (engine.isClosed()) {
      throw closed();
    }
    int place = queue.join(waiter);
    // Asked after joining: whoever joins later than this is failed by the dial that makes it down.
    if (engine.supply.isDown()) {
      refuse(waiter, engine.supply::down);
    }
    if (place > engine.settings().maxWaiters) {
      refuse(waiter, this::tooMany);
    }
    if (engine.settings().config.whenExhausted() == WhenExhausted.WAIT || !isExhausted(place)) {
      return;
    }
    refuse(waiter, this::exhausted);
  }

  /** Fails a waiter that has just joined, unless it has an outcome already. */
  private void refuse(Waiter<C> waiter, Supplier<PoolException> reason) {
    if (queue.leave(waiter)) {
      queue.left(waiter);
      throw reason.get();
    }
  }

  /**
   * Whether the one in this place of the queue can get nothing without a release. Judged by its own
   * place, so that of two who come at once for the last connection exactly one is refused.
   */
  private boolean isExhausted(int place) {
    // until the first connection has said how many may share it, nobody is refused
    if (!engine.supply.knowsShares() || engine.table.hasIdle()) {
      return false;
    }
    long obtainable = (long) engine.settings().hardLimit - engine.census.countBusy();
    return place > obtainable * engine.supply.sharesExpected();
  }

  PoolClosedException closed() {
    return new PoolClosedException("pool " + engine.name + " is closed");
  }

  private PoolExhaustedException tooMany() {
    return new PoolExhaustedException(
        "pool %s: %d callers wait already (maxWaiters)"
            .formatted(engine.name, engine.settings().maxWaiters),
        engine.census.stats());
  }

  private PoolExhaustedException exhausted() {
    PoolStats stats = engine.census.stats();
    boolean overflow = engine.settings().config.whenExhausted() == WhenExhausted.OVERFLOW;
    return new PoolExhaustedException(
        "pool %s: all %d connections are out (%s is %d, whenExhausted is %s)"
            .formatted(
                engine.name,
                stats.leased(),
                overflow ? "hardMax" : "maxActive",
                engine.settings().hardLimit,
                engine.settings().config.whenExhausted()),
        stats);
  }

  private void failTimedOut(AsyncWaiter<C> waiter) {
    waiter.markOverdue(); // before it looks: one whose loan turns out bad looks at this afterwards
    if (waiter.isWaiting() && engine.handout.fail(waiter, timedOut(waiter.limitNanos(), ""))) {
      engine.census.countTimeout();
    }
  }

  /** For a thread: says whether it may have waited for itself. */
  private AcquireTimeoutException timedOut(long nanos, Thread waiting) {
    List<Throwable> stacks = engine.leaks.takenBy(waiting);
    int taken = stacks.size() + engine.census.countTakenBy(waiting); // watched, and not watched
    AcquireTimeoutException failure =
        timedOut(
            nanos,
            taken == 0
                ? ""
                : "; this thread itself took %d of the leases that are out: one that acquires while it holds can wait for itself"
                    .formatted(taken));
    stacks.forEach(failure::addSuppressed);
    return failure;
  }

  AcquireTimeoutException timedOut(long nanos, String nested) {
    PoolStats stats = engine.census.stats();
    @Nullable Throwable lastFailure = engine.supply.lastFailure();
    Phase phase =
        engine.supply.isPausing()
            ? Phase.BACKOFF
            : stats.dialing() + stats.checking() > 0 ? Phase.DIAL : Phase.RELEASE;
    String why =
        switch (phase) {
          case RELEASE -> "all connections were out: raise maxActive, or hold them for less time";
          case DIAL -> "a dial or heartbeat was still under way: raise acquireTimeout, or minIdle";
          case BACKOFF -> "the last dial failed and the next one was not due: see the cause";
        };
    return new AcquireTimeoutException(
        "pool %s: no connection within %s; %s%s; %s"
            .formatted(engine.name, Nanos.text(nanos), why, nested, stats),
        phase,
        stats,
        lastFailure);
  }
}
