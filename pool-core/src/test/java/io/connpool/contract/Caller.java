package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.fail;

import io.connpool.testkit.PoolWorld;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Something that runs on a thread of its own, and how it ended. */
final class Caller<T> {
  /** Generous: only a test that fails waits so long. */
  private static final long PATIENCE_SECONDS = 20;

  private final CompletableFuture<T> outcome = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean interruptedAtEnd;

  Caller(PoolWorld world, Callable<? extends T> body) {
    thread = world.spawn(() -> complete(body));
  }

  private void complete(Callable<? extends T> body) {
    T result;
    try {
      result = body.call();
    } catch (Throwable failure) {
      interruptedAtEnd = Thread.currentThread().isInterrupted();
      outcome.completeExceptionally(failure);
      return;
    }
    interruptedAtEnd = Thread.currentThread().isInterrupted();
    outcome.complete(result);
  }

  boolean isDone() {
    return outcome.isDone();
  }

  /** Whether the thread waits for something, or has ended. */
  boolean isWaitingOrDone() {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, TERMINATED -> true;
      default -> false;
    };
  }

  void interrupt() {
    thread.interrupt();
  }

  /**
   * Whether the thread's interrupt flag was set when it had ended; to be asked after the result.
   */
  boolean wasInterruptedAtEnd() {
    return interruptedAtEnd;
  }

  /** What it returned; the test fails if it threw or does not end. */
  T result() throws Exception {
    try {
      return outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw new AssertionError("the caller failed", failed.getCause());
    }
  }

  /** What it threw; the test fails if that is of another type, or if it returned. */
  <X extends Throwable> X failure(Class<X> type) throws Exception {
    try {
      return fail("returned " + outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (ExecutionException failed) {
      return assertInstanceOf(type, failed.getCause());
    }
  }
}
