package io.connpool.internal;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread, {@code connpool-timer}, on which all pools of the process are told the time. It
 * starts with the first pool and ends with the last, and runs no user code, so nothing can hold it
 * up.
 */
final class SharedTimers implements Environment.Timers {
  private static final ReentrantLock LOCK = new ReentrantLock();

  /** Both guarded by LOCK, which is held for a few field accesses only. */
  private static int pools;

  private static @Nullable ScheduledThreadPoolExecutor running;

  /** A task that will not run, because its pool has ended. */
  private static final Environment.Timer NEVER = () -> {};

  private final ScheduledThreadPoolExecutor executor;
  private volatile boolean closed;

  private SharedTimers(ScheduledThreadPoolExecutor executor) {
    this.executor = executor;
  }

  /** One more pool. */
  static SharedTimers join() {
    LOCK.lock();
    try {
      ScheduledThreadPoolExecutor executor = running;
      if (executor == null) {
        executor = new ScheduledThreadPoolExecutor(1, Workers.daemon("connpool-timer"));
        executor.setRemoveOnCancelPolicy(true); // a cancelled dial limit must not be kept for 5 s
        running = executor;
      }
      pools++;
      return new SharedTimers(executor);
    } finally {
      LOCK.unlock();
    }
  }

  @Override
  public Environment.Timer at(long moment, Runnable task) {
    if (closed) {
      return NEVER;
    }
    try {
      var future =
          executor.schedule(
              () -> {
                if (!closed) {
                  task.run();
                }
              },
              moment - System.nanoTime(),
              TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException closedMeanwhile) {
      return NEVER;
    }
  }

  @Override
  public void close() {
    LOCK.lock();
    try {
      if (!closed) {
        closed = true;
        if (--pools == 0) {
          executor.shutdownNow();
          running = null;
        }
      }
    } finally {
      LOCK.unlock();
    }
  }
}
