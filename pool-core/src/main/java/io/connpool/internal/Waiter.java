package io.connpool.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One caller in the queue: a parked thread, or a future in {@link AsyncWaiter}. Everything that can
 * happen to it is one compare-and-set of its outcome, so a grant, a failure and a departure can
 * never both take effect. Only {@link WaitQueue} changes it, because it counts those who wait.
 */
class Waiter<C> {
  private static final Object LEFT = new Object();
  private static final VarHandle OUTCOME;

  static {
    try {
      OUTCOME = MethodHandles.lookup().findVarHandle(Waiter.class, "outcome", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Environment.Clock clock;
  private final @Nullable Thread thread;

  /** Order of arrival; set by the queue before the waiter is visible. */
  long ticket;

  /** When it began to wait. */
  final long since;

  /**
   * Whether it has to be woken at its deadline, because its thread sleeps without a limit. Both are
   * written by its owner before the waiter is visible.
   */
  boolean needsAlarm;

  long deadline;

  /** Recorded if it really had to wait; null if that is not recorded. */
  final Flight.@Nullable Acquire event = Flight.begun(new Flight.Acquire());

  /** Whether it really had to wait: it parked, or was left in the queue. Written by its owner. */
  boolean waited;

  /** Null while waiting; then a {@link Loan}, a {@link Throwable} or {@link #LEFT}. */
  private volatile @Nullable Object outcome;

  /** A thread that will park, or null for a subclass that needs no waking. */
  Waiter(Environment.Clock clock, @Nullable Thread thread) {
    this.clock = clock;
    this.thread = thread;
    since = clock.nanoTime();
  }

  boolean isWaiting() {
    return outcome == null;
  }

  boolean hasLeft() {
    return outcome == LEFT;
  }

  /** Sets the outcome if there is none: a {@link Loan} or a {@link Throwable}. */
  boolean settle(Object result) {
    return OUTCOME.compareAndSet(this, null, result);
  }

  boolean leave() {
    return settle(LEFT);
  }

  /** After a grant that turned out bad: waits again, in the same place of the queue. */
  void reopen() {
    outcome = null;
  }

  /** After the outcome was consumed: the place in the queue may be cleared. */
  void finish() {
    outcome = LEFT;
  }

  @SuppressWarnings("unchecked") // only give() stores a Loan, and it is this waiter's type
  @Nullable Loan<C> loan() {
    return outcome instanceof Loan<?> loan ? (Loan<C>) loan : null;
  }

  @Nullable Throwable failure() {
    return outcome instanceof Throwable failure ? failure : null;
  }

  /** Wakes the thread. */
  void wake() {
    if (thread != null) {
      clock.unpark(thread);
    }
  }
}
