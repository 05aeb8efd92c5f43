package io.connpool.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One call of user code on a worker thread, cut off when its time is over. Exactly one of {@link
 * #succeeded} and {@link #failed} is called, whatever the user code does: return, throw, throw an
 * error, or never come back. A result that comes after the cut goes to {@link #late}.
 */
abstract class TimedCall<T> implements Runnable {
  private static final int QUEUED = 0;
  private static final int RUNNING = 1;
  private static final int ENDED = 2;
  private static final int CUTTING = 3;
  private static final int CUT = 4;

  private final AtomicInteger phase = new AtomicInteger(QUEUED);
  private final CallDesk desk;

  /** Order of creation among the calls of a pool. */
  final long callNumber;

  private volatile @Nullable Thread runner;
  private Environment.@Nullable Timer limit;

  TimedCall(CallDesk desk) {
    this.desk = desk;
    this.callNumber = desk.nextNumber();
  }

  /** The user code. */
  abstract T call() throws Exception;

  /** The user code returned in time. */
  abstract void succeeded(T result);

  /** The user code threw, or did not return in time. */
  abstract void failed(Throwable failure);

  /** The user code returned after {@link #failed} had been called for it. */
  void late(T result) {}

  /** The user code was cut off before it could begin; a worker has come to it after all. */
  void missed() {}

  /** The workers take no tasks any more. */
  void refused() {
    cut("the pool is closed");
  }

  /** Whether it is to run even while the pool closes. */
  boolean outlivesPool() {
    return false;
  }

  /** Who runs it. */
  Executor executor(Environment environment) {
    return environment.workers();
  }

  final boolean isCut() {
    return phase.get() >= CUTTING;
  }

  /** Starts the call; its time runs from now. */
  final void start(long limitNanos) {
    limit = desk.opened(this, limitNanos);
    if (isCut()) { // cut before the timer was known here
      cancelLimit();
    }
    desk.execute(this);
  }

  @Override
  public final void run() {
    runner = Thread.currentThread();
    if (!phase.compareAndSet(QUEUED, RUNNING)) {
      desk.abandoned();
      missed();
      desk.returned();
      return;
    }
    T result = null;
    Throwable failure = null;
    try {
      result = call();
    } catch (Throwable anything) {
      failure = anything;
    }
    if (phase.compareAndSet(RUNNING, ENDED)) {
      cancelLimit();
      deliver(result, failure);
    } else {
      // The interrupt of the cut must hit this task and not the worker's next one.
      while (phase.get() == CUTTING) {
        Thread.onSpinWait();
      }
      Thread.interrupted();
      if (failure == null && result != null) {
        late(result);
      }
      desk.returned();
    }
    desk.ended(this);
  }

  /** Cuts the call off now; it fails with a {@link TimeoutException}. */
  final void cut(String why) {
    if (phase.compareAndSet(QUEUED, CUT)) {
      cancelLimit();
      desk.ended(this);
      failed(new TimeoutException(why));
      return;
    }
    if (phase.compareAndSet(RUNNING, CUTTING)) {
      desk.abandoned();
      Thread thread = runner;
      if (thread != null) {
        thread.interrupt();
      }
      phase.set(CUT);
      cancelLimit();
      failed(new TimeoutException(why));
    }
  }

  private void deliver(@Nullable T result, @Nullable Throwable failure) {
    if (failure != null) {
      failed(failure);
    } else if (result == null) {
      failed(new NullPointerException("the transport returned null"));
    } else {
      succeeded(result);
    }
  }

  private void cancelLimit() {
    Environment.Timer timer = limit;
    if (timer != null) {
      timer.cancel();
    }
  }
}
