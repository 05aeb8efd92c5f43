package io.connpool.internal;

import io.connpool.CloseReason;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Watches leases, if there is a leak threshold: tells of those that are out for longer, and takes
 * the place back of those that nobody can end any more because they were garbage collected. Looks
 * when the keeper looks, so it needs no thread of its own.
 *
 * <p>A watched lease is wrapped in a {@link WatchedLease}. While there is no threshold nothing is
 * wrapped, and the hot path does not know that there could be: {@link Lending#tryTake} leaves it to
 * the slow path when leases are watched, by a flag that it reads anyway.
 */
final class LeakWatch<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final Engine<C> engine;
  private final Set<Outing> out = ConcurrentHashMap.newKeySet();
  private final ReferenceQueue<WatchedLease<C>> collected = new ReferenceQueue<>();

  LeakWatch(Engine<C> engine) {
    this.engine = engine;
  }

  /** Who asked for a lease: the thread, and its stack as a throwable that a log can print. */
  record Origin(Thread thread, Throwable stack) {
    private static Origin here(String pool) {
      Thread thread = Thread.currentThread();
      return new Origin(
          thread,
          new Throwable(
              "a lease of pool %s was taken here by %s".formatted(pool, thread.getName())));
    }
  }

  boolean isOn() {
    return engine.settings().leakThreshold != Nanos.FOREVER;
  }

  /** The caller as the origin of a lease that it will get later; null if leases are not watched. */
  @Nullable Origin origin() {
    return isOn() ? Origin.here(engine.name) : null;
  }

  /** The loan as the caller is to have it. */
  Loan<C> watched(Loan<C> loan) {
    return watched(loan, origin());
  }

  Loan<C> watched(Loan<C> loan, @Nullable Origin origin) {
    if (origin == null) {
      return loan;
    }
    loan.slot.takenBy = 0; // or whoever had it before would seem to have it; takenBy() counts it
    return new WatchedLease<>(loan, this, origin);
  }

  Outing outing(WatchedLease<C> lease, Loan<C> loan, Origin origin) {
    Outing outing = new Outing(lease, loan, origin);
    out.add(outing);
    return outing;
  }

  /** Where a thread took the leases that are still out, oldest first; it may be any thread. */
  List<Throwable> takenBy(Thread thread) {
    long now = engine.now();
    return out.stream()
        .filter(outing -> outing.origin.thread() == thread)
        .sorted(Comparator.comparingLong(outing -> outing.since - now))
        .map(outing -> outing.origin.stack())
        .toList();
  }

  /** The keeper's pass. */
  @SuppressWarnings("unchecked") // nothing but outings of this watch is in its queue
  void look(long now) {
    for (var reference = collected.poll(); reference != null; reference = collected.poll()) {
      ((Outing) reference).forgotten(now);
    }
    long threshold = engine.settings().leakThreshold;
    for (Outing outing : out) {
      if (now - outing.since >= threshold) {
        outing.suspect(now);
      }
    }
  }

  /** On a worker, because a log may block. */
  private void log(Level level, String message, @Nullable Throwable stack) {
    Executor workers = engine.environment.workers();
    Runnable entry = () -> LOG.log(level, "pool " + engine.name + ": " + message, stack);
    try {
      workers.execute(entry);
    } catch (RejectedExecutionException poolEnded) {
      entry.run();
    }
  }

  /** A lease that is out. It does not keep the lease from being collected, only its loan. */
  final class Outing extends PhantomReference<WatchedLease<C>> {
    private static final int OUT = 0;
    private static final int SUSPECTING = 1;
    private static final int SUSPECTED = 2;
    private static final int ENDED = 3;

    private final Loan<C> loan;
    private final Origin origin;
    private final long since = engine.now();
    private final AtomicInteger state = new AtomicInteger(OUT);

    private Outing(WatchedLease<C> lease, Loan<C> loan, Origin origin) {
      super(lease, collected);
      this.loan = loan;
      this.origin = origin;
    }

    /** The holder is about to end the loan. */
    void ended() {
      int before = state.getAndSet(ENDED);
      if (before != ENDED) {
        out.remove(this);
        clear();
      }
      if (before == SUSPECTED) { // while SUSPECTING the keeper will notice and tell
        tellReturned();
      }
    }

    private void suspect(long now) {
      if (!state.compareAndSet(OUT, SUSPECTING)) {
        return; // told before
      }
      List<StackTraceElement> holderNow = List.of(origin.thread().getStackTrace());
      engine.chronicle.leakSuspected(origin, now - since, holderNow);
      log(
          Level.WARNING,
          "a lease taken by %s is out for %s; that thread %s"
              .formatted(
                  origin.thread().getName(),
                  Nanos.text(now - since),
                  holderNow.isEmpty()
                      ? "has ended"
                      : "is now" + LeakWatch.text(holderNow) + "\nand took it as follows"),
          origin.stack());
      if (!state.compareAndSet(SUSPECTING, SUSPECTED)) {
        tellReturned(); // it came back while its suspicion was told
      }
    }

    private void tellReturned() {
      long time = engine.now() - since;
      engine.chronicle.leakReturned(origin, time);
      log(
          Level.INFO,
          "the lease taken by %s came back after %s"
              .formatted(origin.thread().getName(), Nanos.text(time)),
          null);
    }

    /** The lease was collected, and with it the last chance of anybody to end it. */
    private void forgotten(long now) {
      if (state.getAndSet(ENDED) == ENDED) {
        return;
      }
      out.remove(this);
      loan.retire(CloseReason.LEAKED);
      engine.chronicle.leaked(origin, now - since);
      log(
          Level.WARNING,
          ("a lease taken by %s %s ago was garbage collected without having been closed; its"
                  + " connection is closed, its place is free")
              .formatted(origin.thread().getName(), Nanos.text(now - since)),
          origin.stack());
    }
  }

  private static String text(List<StackTraceElement> stack) {
    return stack.stream().map(frame -> "\n\tat " + frame).collect(Collectors.joining());
  }
}
