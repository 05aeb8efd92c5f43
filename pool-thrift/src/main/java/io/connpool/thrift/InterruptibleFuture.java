package io.connpool.thrift;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A future whose cancellation interrupts the thread that works for it, which a {@link
 * CompletableFuture} does not do by itself.
 */
final class InterruptibleFuture<R extends @Nullable Object> extends CompletableFuture<R> {
  private final FutureTask<R> task;

  private InterruptibleFuture(Callable<R> work) {
    task =
        new FutureTask<>(
            () -> {
              try {
                R result = work.call();
                complete(result);
                return result;
              } catch (Throwable failure) {
                completeExceptionally(failure);
                throw failure;
              }
            });
  }

  /** Lets the executor do the work; if it refuses, that is how the future ends. */
  static <R extends @Nullable Object> CompletableFuture<R> run(
      Executor executor, Callable<R> work) {
    InterruptibleFuture<R> future = new InterruptibleFuture<>(work);
    try {
      executor.execute(future.task);
    } catch (RuntimeException refused) {
      future.completeExceptionally(refused);
    }
    return future;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled) {
      task.cancel(true);
    }
    return cancelled;
  }

  /** Futures made from this one are ordinary ones: cancelling them stops nothing here. */
  @Override
  public <U extends @Nullable Object> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
