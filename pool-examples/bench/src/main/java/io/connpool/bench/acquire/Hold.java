package io.connpool.bench.acquire;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What a holder does with an object before it gives it back. */
enum Hold {
  /** Nothing: the cost of the pool alone. */
  NONE {
    @Override
    void hold(long since, long nanos) {}
  },
  /** Keeps a processor busy, for holds that are shorter than a thread can sleep. */
  SPIN {
    @Override
    void hold(long since, long nanos) {
      while (System.nanoTime() - since < nanos) {
        Thread.onSpinWait();
      }
    }
  },
  /** Sleeps, as a caller that waits for an answer does. Lasts longer than asked; it is measured. */
  PARK {
    @Override
    void hold(long since, long nanos) {
      LockSupport.parkNanos(nanos);
    }
  },
  /** Lets another thread run. */
  YIELD {
    @Override
    @SuppressWarnings("ThreadPriorityCheck") // the scheduler is what is loaded here
    void hold(long since, long nanos) {
      Thread.yield();
    }
  };

  /** Below this a thread spins: the kernel adds 50 us to every sleep anyhow. */
  private static final long SHORTEST_SLEEP = TimeUnit.MICROSECONDS.toNanos(20);

  abstract void hold(long since, long nanos);

  /** The kind of hold that suits a length. */
  static Hold of(long nanos) {
    return nanos == 0 ? NONE : nanos < SHORTEST_SLEEP ? SPIN : PARK;
  }
}
