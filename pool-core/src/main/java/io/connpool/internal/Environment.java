package io.connpool.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.random.RandomGenerator;

/**
 * The world a pool lives in. Tests bring their own, with a clock they move by hand.
 *
 * @param clock tells the time, parks threads and wakes them
 * @param timers runs short tasks of the engine's later; never user code
 * @param workers runs user code; shut down with the pool
 * @param relay runs user code that must not block; may be shared by many pools
 * @param random for jitter
 */
public record Environment(
    Clock clock, Timers timers, ExecutorService workers, Executor relay, RandomGenerator random) {

  /**
   * The real world.
   *
   * @param name the pool's name, for its threads
   * @return an environment for one pool
   */
  public static Environment system(String name) {
    return new Environment(
        SystemClock.INSTANCE,
        SharedTimers.join(),
        Workers.create("connpool-" + name),
        Relay.SHARED,
        RandomGenerator.getDefault());
  }

  /** Time. */
  public interface Clock {
    /**
     * Nanoseconds since some moment; only differences mean something.
     *
     * @return the time
     */
    long nanoTime();

    /**
     * Parks the current thread until it is unparked, interrupted, or the moment has come; may
     * return early like {@link java.util.concurrent.locks.LockSupport#park}.
     *
     * @param blocker what it waits for, for thread dumps
     * @param moment on the scale of {@link #nanoTime}
     */
    void parkUntil(Object blocker, long moment);

    /**
     * Parks the current thread until it is unparked or interrupted; may return early.
     *
     * @param blocker what it waits for, for thread dumps
     */
    void park(Object blocker);

    /**
     * Lets a thread go on that parks here, or will park next. Every wake-up of the engine's comes
     * through here, so that a clock of a test's knows who was woken and who only looks as if.
     *
     * @param thread any thread
     */
    void unpark(Thread thread);
  }

  /** Tasks for later. */
  public interface Timers extends AutoCloseable {
    /**
     * Runs a task once, on a thread that all pools share; it must be short and must not fail.
     *
     * @param moment on the scale of {@link Clock#nanoTime}; at once if it has passed
     * @param task what to run
     * @return a handle to cancel it
     */
    Timer at(long moment, Runnable task);

    /** No task of this pool's starts any more. */
    @Override
    void close();
  }

  /** A task that may not have run yet. */
  @FunctionalInterface
  public interface Timer {
    /** Keeps it from running if it has not started. */
    void cancel();
  }
}
