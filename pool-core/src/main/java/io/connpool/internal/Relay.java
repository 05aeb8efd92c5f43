package io.connpool.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs short tasks of many pools one after the other on one thread, which ends when there is no
 * more to do. So all pools of a process that look at their idle connections once a second wake one
 * thread for it, not one each. A task that does not come back keeps its thread; whoever asks for
 * the next one, within that second, notices and starts another thread for the rest.
 */
final class Relay implements Executor {
  /** For all pools of the process. A virtual thread would wake carriers as well as itself. */
  static final Relay SHARED = new Relay(Workers.numbered("connpool-prober-"));

  /** Tasks are probes, which take microseconds; a thread may be off its processor for that long. */
  private static final long TOO_LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ThreadFactory threads;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Runner> current = new AtomicReference<>();

  Relay(ThreadFactory threads) {
    this.threads = threads;
  }

  /**
   * Runs the task soon.
   *
   * @throws OutOfMemoryError if it needs a thread and there is none to be had; it will not run
   */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    Runner now = current.get();
    if (now != null && !now.isStuck()) {
      return; // it looks once more after it has said that it ends
    }
    Runner next = new Runner();
    if (!current.compareAndSet(now, next)) {
      return; // somebody else starts one
    }
    try {
      threads.newThread(next).start();
    } catch (OutOfMemoryError noThread) {
      current.compareAndSet(next, null);
      if (tasks.remove(task)) {
        throw noThread;
      }
    }
  }

  private final class Runner implements Runnable {
    /**
     * Written by its thread only. A task that throws leaves it true: then the next one takes over.
     */
    private volatile boolean busy;

    private volatile long busySince;

    boolean isStuck() {
      return busy && System.nanoTime() - busySince > TOO_LONG_NANOS;
    }

    @Override
    public void run() {
      do {
        Runnable task;
        while (current.get() == this && (task = tasks.poll()) != null) {
          busySince = System.nanoTime();
          busy = true;
          task.run();
          busy = false;
        }
      } while (current.compareAndSet(this, null)
          && !tasks.isEmpty()
          && current.compareAndSet(null, this));
    }
  }
}
