package io.connpool.mux;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The I/O loop of connections that are made one by one; a server has a loop of its own. It starts
 * with the first connection and ends with the last.
 */
final class Loops {
  /** Held for a few field accesses, and for the start of a thread. */
  private static final ReentrantLock LOCK = new ReentrantLock();

  private static int users; // guarded by LOCK
  private static @Nullable IoLoop shared; // guarded by LOCK

  private Loops() {}

  static IoLoop join() {
    LOCK.lock();
    try {
      IoLoop loop = shared;
      if (loop == null) {
        loop = new IoLoop("connpool-mux");
        loop.start();
        shared = loop;
      }
      users++;
      return loop;
    } finally {
      LOCK.unlock();
    }
  }

  static void leave() {
    LOCK.lock();
    try {
      if (--users == 0 && shared != null) {
        shared.end();
        shared = null;
      }
    } finally {
      LOCK.unlock();
    }
  }
}
