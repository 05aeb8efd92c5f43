package io.connpool.internal;

import java.util.concurrent.locks.LockSupport;

/** The machine's monotonic clock. */
enum SystemClock implements Environment.Clock {
  INSTANCE;

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void parkUntil(Object blocker, long moment) {
    long left = moment - System.nanoTime();
    if (left > 0) {
      LockSupport.parkNanos(blocker, left);
    }
  }

  @Override
  public void park(Object blocker) {
    LockSupport.park(blocker);
  }

  @Override
  public void unpark(Thread thread) {
    LockSupport.unpark(thread);
  }
}
