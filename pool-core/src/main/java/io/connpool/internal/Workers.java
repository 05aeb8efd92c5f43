package io.connpool.internal;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that run user code for one pool: daemon threads that end five seconds after their
 * last task. Not bounded here: every kind of task has its own bound.
 *
 * <p>Platform threads on every JVM, because the pool's threads dial and probe sockets that its
 * users read. The JDK makes a socket that a virtual thread has touched non-blocking for good, and
 * each read by a platform thread then takes three system calls instead of one.
 */
final class Workers {
  private static final long KEEP_ALIVE_SECONDS = 5;

  private Workers() {}

  static ExecutorService create(String prefix) {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        KEEP_ALIVE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        numbered(prefix + "-worker-"));
  }

  static ThreadFactory daemon(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  static ThreadFactory numbered(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> daemon(prefix + number.incrementAndGet()).newThread(task);
  }
}
