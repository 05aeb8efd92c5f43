package io.connpool;

import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How many calls may be made a second time, so that a server in trouble is not buried under twice
 * the calls: within any ten seconds one for every five calls, and ten a second besides. Thread
 * safe; nothing waits, but for another thread that spends at the same moment.
 */
public final class RetryBudget {
  // Finagle's figures: a fifth more load is what a server that is coming back can bear, ten a
  // second let a pool with little traffic retry at all, and ten seconds are longer than the moment
  // in which all connections of a restarted server turn out to be stale.
  private static final int CALLS_PER_RETRY = 5;
  private static final int FREE_PER_SECOND = 10;
  private static final int WINDOW_SECONDS = 10;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final LongSupplier nanoClock;
  private final long began;

  /** All calls so far. The second in which they were made is known to those who roll. */
  private final LongAdder calls = new LongAdder();

  private final ReentrantLock lock = new ReentrantLock();

  /** The second up to which the two tables are filled in; written under the lock. */
  private volatile long second;

  // Guarded by the lock: what had been counted when each of the last seconds began.
  private final long[] callsBefore = new long[WINDOW_SECONDS];
  private final long[] spentBefore = new long[WINDOW_SECONDS];
  private long spent;

  /** A budget that no call was made on yet. */
  public RetryBudget() {
    this(System::nanoTime);
  }

  /**
   * A budget with its own idea of time.
   *
   * @param nanoClock as {@link System#nanoTime}
   */
  public RetryBudget(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    began = nanoClock.getAsLong();
  }

  /** A call is made for the first time. */
  public void earn() {
    long now = currentSecond();
    if (now != second && lock.tryLock()) { // or else another thread is at it
      try {
        rollTo(now);
      } finally {
        lock.unlock();
      }
    }
    calls.increment();
  }

  /**
   * A call is to be made a second time.
   *
   * @return false if that would be one too many; nothing was spent then
   */
  public boolean spend() {
    long now = currentSecond();
    lock.lock();
    try {
      rollTo(now);
      int oldest = (int) ((second + 1) % WINDOW_SECONDS);
      long earned = (calls.sum() - callsBefore[oldest]) / CALLS_PER_RETRY;
      if (spent - spentBefore[oldest] >= earned + (long) FREE_PER_SECOND * WINDOW_SECONDS) {
        return false;
      }
      spent++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private long currentSecond() {
    return (nanoClock.getAsLong() - began) / NANOS_PER_SECOND;
  }

  /** Notes for each second that has begun since the last time what was counted before it. */
  private void rollTo(long now) {
    long made = calls.sum();
    for (long s = Math.max(second + 1, now - WINDOW_SECONDS + 1); s <= now; s++) {
      callsBefore[(int) (s % WINDOW_SECONDS)] = made;
      spentBefore[(int) (s % WINDOW_SECONDS)] = spent;
    }
    second = Math.max(second, now);
  }
}
