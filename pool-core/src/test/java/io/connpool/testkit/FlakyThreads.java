package io.connpool.testkit;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The threads of one {@link FlakyServer}, and what went wrong on them. */
final class FlakyThreads {

  /** What such a thread does until its socket is closed or it is interrupted. */
  @FunctionalInterface
  interface Task {
    void run() throws IOException, InterruptedException;
  }

  /** A thread still there so long after its socket was closed does not end by itself. */
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(10);

  // Guarded by this.
  private final List<Thread> running = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();

  /** Runs the task on a daemon thread of that name. */
  synchronized void start(String name, Task task) {
    Thread thread = new Thread(() -> run(task), name);
    thread.setDaemon(true);
    running.add(thread);
    thread.start();
  }

  private void run(Task task) {
    try {
      task.run();
    } catch (IOException | InterruptedException expected) {
      // The socket was closed by one of the sides, or the server is closing.
    } catch (Throwable failure) {
      failed(failure);
    } finally {
      ended(Thread.currentThread());
    }
  }

  private synchronized void failed(Throwable failure) {
    failures.add(failure);
  }

  private synchronized void ended(Thread thread) {
    running.remove(thread);
  }

  private synchronized List<Thread> stillRunning() {
    return List.copyOf(running);
  }

  /**
   * Interrupts them all and waits until they have ended.
   *
   * @throws AssertionError if one does not end, or one failed before
   */
  void endAll() {
    List<Thread> ending = stillRunning();
    ending.forEach(Thread::interrupt);
    ending.forEach(this::join);
    failIfAnyFailed();
  }

  private void join(Thread thread) {
    try {
      thread.join(JOIN_LIMIT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      AssertionError stuck = new AssertionError(thread.getName() + " has not ended");
      stuck.setStackTrace(thread.getStackTrace());
      failed(stuck);
    }
  }

  private synchronized void failIfAnyFailed() {
    if (!failures.isEmpty()) {
      AssertionError all = new AssertionError("on the threads of the server: " + failures);
      failures.forEach(all::addSuppressed);
      throw all;
    }
  }
}
