package io.connpool.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The threads that run user code for one pool: virtual where the JVM has them, else daemon threads
 * that end five seconds after their last task. Not bounded here: every kind of task has its own
 * bound.
 */
final class Workers {
  private static final long KEEP_ALIVE_SECONDS = 5;

  /** {@code Thread.ofVirtual()}, absent before JDK 21. */
  private static final @Nullable MethodHandle OF_VIRTUAL = findOfVirtual();

  private Workers() {}

  static ExecutorService create(String prefix) {
    ThreadFactory virtual = virtual(prefix + "-worker-");
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        // a virtual thread costs nothing to start, and one that idles would only be in the way
        virtual == null ? KEEP_ALIVE_SECONDS : 0,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        virtual == null ? numbered(prefix + "-worker-") : virtual);
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

  private static @Nullable ThreadFactory virtual(String prefix) {
    if (OF_VIRTUAL == null) {
      return null;
    }
    try {
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      Object named =
          MethodHandles.publicLookup()
              .findVirtual(
                  builder, "name", MethodType.methodType(builder, String.class, long.class))
              .invoke(OF_VIRTUAL.invoke(), prefix, 1L);
      return (ThreadFactory)
          MethodHandles.publicLookup()
              .findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class))
              .invoke(named);
    } catch (Throwable notAsDocumented) {
      throw new LinkageError("virtual threads exist but cannot be built", notAsDocumented);
    }
  }

  private static @Nullable MethodHandle findOfVirtual() {
    if (Runtime.version().feature() < 21) { // a preview before that, refused without a flag
      return null;
    }
    try {
      Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
      return MethodHandles.publicLookup()
          .findStatic(Thread.class, "ofVirtual", MethodType.methodType(builder));
    } catch (ReflectiveOperationException notAsDocumented) {
      throw new LinkageError("JDK 21 and later have virtual threads", notAsDocumented);
    }
  }
}
