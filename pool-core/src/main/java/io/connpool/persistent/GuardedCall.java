package io.connpool.persistent;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call into user code on a thread of its own, which is interrupted and left behind when its time
 * is over, so that code which hangs for ever costs a thread and nothing else. What it still brings
 * afterwards goes to whoever disposes of it.
 */
final class GuardedCall<R extends @Nullable Object> {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final CompletableFuture<R> result = new CompletableFuture<>();
  private final Thread thread;
  private final Callable<R> call;
  private final Consumer<? super R> late;
  private final Runnable ended;

  GuardedCall(String name, Callable<R> call, Consumer<? super R> late, Runnable ended) {
    this.call = call;
    this.late = late;
    this.ended = ended;
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  GuardedCall<R> start() {
    thread.start();
    return this;
  }

  private void run() {
    try {
      R value = call.call();
      if (!result.complete(value)) {
        late.accept(value);
      }
    } catch (Throwable failure) {
      if (!result.completeExceptionally(failure)) {
        LOG.log(Level.DEBUG, () -> thread.getName() + " failed after it was cut off", failure);
      }
    } finally {
      ended.run();
    }
  }

  /**
   * Waits for the result; cuts the call off when the time is over or this thread is interrupted.
   */
  R get(long nanos) throws Exception {
    try {
      return outcome(nanos);
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      if (cause instanceof Exception exception) {
        throw exception;
      }
      throw new IllegalStateException(cause);
    }
  }

  private R outcome(long nanos) throws ExecutionException, TimeoutException, InterruptedException {
    try {
      return result.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException | InterruptedException over) {
      if (cut(over)) {
        throw over;
      }
      return result.get(); // it ended just now
    }
  }

  /** True unless it had ended before. */
  boolean cut(Exception why) {
    boolean cut = result.completeExceptionally(why);
    if (cut) {
      thread.interrupt();
    }
    return cut;
  }
}
