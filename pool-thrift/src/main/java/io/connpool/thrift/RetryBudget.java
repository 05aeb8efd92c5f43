package io.connpool.thrift;

import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many calls may be sent a second time, so that a server in trouble is not buried under twice
 * the calls: one for every five calls made, and a burst for the moment in which a server dies with
 * a call in each connection.
 */
final class RetryBudget {
  /** Finagle's default; kitex stops at a tenth, of failures. */
  private static final int CALLS_PER_RETRY = 5;

  private final int burst;

  /** Counted by every call, summed up by retries only. */
  private final LongAdder calls = new LongAdder();

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private long tokens;
  private long callsCredited;

  RetryBudget(int burst) {
    this.burst = burst;
    tokens = (long) burst * CALLS_PER_RETRY;
  }

  /** A call was begun. */
  void earn() {
    calls.increment();
  }

  /** Whether one more call may be sent again. */
  boolean spend() {
    lock.lock();
    try {
      long made = calls.sum();
      tokens = Math.min(tokens + made - callsCredited, (long) burst * CALLS_PER_RETRY);
      callsCredited = made;
      if (tokens < CALLS_PER_RETRY) {
        return false;
      }
      tokens -= CALLS_PER_RETRY;
      return true;
    } finally {
      lock.unlock();
    }
  }
}
