package io.connpool.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A call into a transport as a pool makes it: on a thread of its own, which is interrupted. */
final class CutOffCall<T> {
  private final String what;
  private final FutureTask<T> task;
  private final Thread thread;

  private CutOffCall(String what, Callable<T> call) {
    this.what = what;
    task = new FutureTask<>(call);
    thread = new Thread(task, "contract-" + what);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Runs a call.
   *
   * @param what what it is, for the failure
   * @param limit after that its thread is interrupted
   * @param grace how long it may go on then
   * @return what it returned or, if it threw, an exception around that
   * @throws AssertionError if it goes on even then
   */
  static <T> T run(String what, Duration limit, Duration grace, Callable<T> call)
      throws ExecutionException {
    CutOffCall<T> running = new CutOffCall<>(what, call);
    try {
      return running.await(limit);
    } catch (TimeoutException over) {
      running.thread.interrupt();
    }
    try {
      return running.await(grace);
    } catch (TimeoutException deaf) {
      AssertionError failure =
          new AssertionError(
              "%s goes on %s after its limit of %s, interrupted or not"
                  .formatted(running.what, grace, limit));
      failure.setStackTrace(running.thread.getStackTrace());
      throw failure;
    }
  }

  private T await(Duration time) throws ExecutionException, TimeoutException {
    try {
      return task.get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException unexpected) {
      throw new AssertionError("the test itself was interrupted", unexpected);
    }
  }
}
