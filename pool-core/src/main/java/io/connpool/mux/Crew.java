package io.connpool.mux;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.connpool.threads.VirtualThreads;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that run the user's code: virtual where the JVM has them, else a pool of daemon
 * threads.
 *
 * <p><b>Shifts.</b> All jobs of one read batch are one task. A worker that begins one first calls a
 * second worker, then does jobs until none is left. If a job blocks, the second is scheduled in its
 * place, calls a third, and goes on; if none blocks, the second finds nothing left. So a batch of a
 * thousand quick jobs costs two threads, and one of a thousand slow ones a thousand, and nobody has
 * to know beforehand.
 */
final class Crew {
  /** Something to be done for the user. Must not throw. */
  interface Job {
    /**
     * Does it.
     *
     * @param moreToCome whether this thread goes on to another job
     */
    void run(boolean moreToCome);
  }

  private static final System.Logger LOG = System.getLogger(Crew.class.getName());

  /** On platform threads; the jobs in the queue are bounded by the limits on requests. */
  private static final int MOST_THREADS = 256;

  private static final long KEEP_ALIVE_SECONDS = 5;

  private final Executor executor;
  private final Runnable end;

  Crew(String name) {
    if (VirtualThreads.EXIST) {
      ThreadFactory threads = VirtualThreads.factory(name + "-");
      executor = task -> threads.newThread(task).start();
      end = () -> {};
    } else {
      AtomicInteger number = new AtomicInteger();
      ThreadPoolExecutor pool =
          new ThreadPoolExecutor(
              MOST_THREADS,
              MOST_THREADS,
              KEEP_ALIVE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              task -> daemon(task, name + "-" + number.incrementAndGet()));
      pool.allowCoreThreadTimeOut(true);
      executor = pool;
      end = pool::shutdown;
    }
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Has the first jobs of the array done; the array is not touched any more by the caller. */
  void run(Job[] jobs, int count) {
    Shift shift = new Shift(executor, jobs, count);
    try {
      executor.execute(shift);
    } catch (RejectedExecutionException ended) {
      LOG.log(DEBUG, "the crew has ended, what comes late runs here", ended);
      shift.run();
    } catch (OutOfMemoryError noThread) { // "unable to create native thread"
      LOG.log(WARNING, "no thread can be had, so its work is done on this one", noThread);
      shift.run();
    }
  }

  /** Takes no more; what it was given is still done. */
  void end() {
    end.run();
  }

  private static final class Shift extends AtomicInteger implements Runnable {
    private static final long serialVersionUID = 1L;

    private final transient Executor executor;
    private final transient Job[] jobs;
    private final int count;

    Shift(Executor executor, Job[] jobs, int count) {
      this.executor = executor;
      this.jobs = jobs;
      this.count = count;
    }

    @Override
    public void run() {
      int mine = getAndIncrement();
      if (mine + 1 < count) {
        callSuccessor();
      }
      while (mine < count) {
        jobs[mine].run(get() < count);
        mine = getAndIncrement(); // not before: what this one has taken no other can
      }
    }

    private void callSuccessor() {
      try {
        executor.execute(this);
      } catch (RejectedExecutionException | OutOfMemoryError none) {
        LOG.log(DEBUG, "no second thread, so one does the whole shift", none);
      }
    }
  }
}
