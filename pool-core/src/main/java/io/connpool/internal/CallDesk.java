package io.connpool.internal;

import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Where a pool's calls into user code are started, limited, counted, and cut off at its end. */
final class CallDesk {
  /** What must be done in the end is tried again so often: seldom enough to do no harm. */
  private static final long UNTIL_THERE_IS_A_THREAD = 1_000_000_000;

  private final Environment environment;
  private final AtomicLong numbers = new AtomicLong();

  /** By number, so that they are cut in the order of their start and a run can be replayed. */
  private final ConcurrentNavigableMap<Long, TimedCall<?>> open = new ConcurrentSkipListMap<>();

  private final AtomicInteger abandoned = new AtomicInteger();
  private final Runnable afterReturn;

  /**
   * A desk for the calls of one pool.
   *
   * @param environment where they run
   * @param afterReturn run when a call comes back that had been cut off: it may have held up dials
   */
  CallDesk(Environment environment, Runnable afterReturn) {
    this.environment = environment;
    this.afterReturn = afterReturn;
  }

  long nextNumber() {
    return numbers.incrementAndGet();
  }

  Environment.Timer opened(TimedCall<?> call, long limitNanos) {
    open.put(call.callNumber, call);
    long deadline = environment.clock().nanoTime() + limitNanos;
    return environment
        .timers()
        .at(deadline, () -> call.cut("not done within " + Nanos.text(limitNanos)));
  }

  void execute(TimedCall<?> call) {
    try {
      call.executor(environment).execute(call);
    } catch (RejectedExecutionException closed) {
      call.refused();
    } catch (OutOfMemoryError noThread) { // "unable to create native thread"
      call.cut(noThread.toString());
      if (call.outlivesPool()) {
        long later = environment.clock().nanoTime() + UNTIL_THERE_IS_A_THREAD;
        environment.timers().at(later, () -> execute(call));
      }
    }
  }

  void ended(TimedCall<?> call) {
    open.remove(call.callNumber);
  }

  /** A call was cut off while it ran and has not come back. */
  void abandoned() {
    abandoned.incrementAndGet();
  }

  /** It has come back after all. */
  void returned() {
    abandoned.decrementAndGet();
    afterReturn.run();
  }

  int countAbandoned() {
    return abandoned.get();
  }

  /** Cuts off what runs or is about to: everything, or all but the closes. */
  void cutAll(boolean closesToo) {
    for (TimedCall<?> call : open.values()) {
      if (closesToo || !call.outlivesPool()) {
        call.cut("the pool is closed");
      }
    }
  }
}
