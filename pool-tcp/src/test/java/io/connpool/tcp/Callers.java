package io.connpool.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that do something at once, to their end. */
final class Callers {
  private Callers() {}

  /** What one of them does. */
  @FunctionalInterface
  interface Task {
    void run(int caller) throws Exception;
  }

  /** Starts so many, waits for all, and throws what the first to fail has thrown. */
  static void all(int count, Task task) throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int caller = i;
      threads.add(
          new Thread(
              () -> {
                try {
                  task.run(caller);
                } catch (Throwable thrown) {
                  failure.compareAndSet(null, thrown);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new AssertionError("a caller failed", failure.get());
    }
  }
}
