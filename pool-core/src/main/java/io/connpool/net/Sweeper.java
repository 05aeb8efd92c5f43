package io.connpool.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of the process, {@code connpool-sweeper}, that blows {@link Fuse}s. It sleeps
 * until the earliest deadline it has seen, looks at every fuse, and sleeps again; in a busy process
 * that is once per timeout, not once per request, because a deadline that was met in time is
 * replaced by a later one without anybody telling the thread. It starts with the first fuse and
 * ends some seconds after the last.
 */
final class Sweeper {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** 146 years: half the range of the clock, so that differences keep their sign. */
  static final long FAR = Long.MAX_VALUE / 2;

  /** A program that opens one connection after another should not start a thread for each. */
  private static final Duration LINGER = Duration.ofSeconds(5);

  /** For every wire of the process. */
  static final Sweeper SHARED = new Sweeper();

  private final Set<Fuse> fuses = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock for writing. */
  private volatile @Nullable Thread thread;

  /**
   * When the thread looks next, at the latest. Written before a pass as far away, so that whoever
   * arms during the pass wakes it, and after the pass as the earliest moment that was found.
   * Whoever arms writes his moment first and reads this afterwards: both are volatile, so either
   * the pass sees the moment or he sees that it is under way.
   */
  private volatile long nextPass = System.nanoTime() + FAR;

  private final long lingerNanos;

  Sweeper() {
    this(LINGER);
  }

  Sweeper(Duration linger) {
    lingerNanos = linger.toNanos();
  }

  boolean isRunning() {
    return thread != null;
  }

  void add(Fuse fuse) {
    lock.lock();
    try {
      fuses.add(fuse);
      if (thread == null) {
        Thread started = new Thread(this::sweepUntilUnused, "connpool-sweeper");
        started.setDaemon(true);
        thread = started;
        started.start();
      }
    } finally {
      lock.unlock();
    }
  }

  void remove(Fuse fuse) {
    if (fuses.remove(fuse) && fuses.isEmpty()) {
      LockSupport.unpark(thread); // it sleeps without an end, and is to end
    }
  }

  /** A fuse was armed for this moment. */
  void armed(long moment) {
    if (moment - nextPass < 0) {
      LockSupport.unpark(thread);
    }
  }

  private void sweepUntilUnused() {
    boolean unused;
    do {
      nextPass = System.nanoTime() + FAR;
      long left = pass();
      nextPass = System.nanoTime() + left;
      unused = fuses.isEmpty();
      LockSupport.parkNanos(this, unused ? lingerNanos : left);
      // An interrupt would make every further park return at once, and nobody has reason for one.
      if (Thread.interrupted()) {
        LOG.log(Level.WARNING, "somebody interrupted connpool-sweeper, which goes on");
      }
    } while (!unused || !endIfUnused());
  }

  private long pass() {
    long now = System.nanoTime();
    long earliest = FAR;
    for (Fuse fuse : fuses) {
      earliest = Math.min(earliest, fuse.sweep(now));
    }
    return earliest;
  }

  private boolean endIfUnused() {
    lock.lock();
    try {
      if (!fuses.isEmpty()) {
        return false;
      }
      thread = null;
      return true;
    } finally {
      lock.unlock();
    }
  }
}
