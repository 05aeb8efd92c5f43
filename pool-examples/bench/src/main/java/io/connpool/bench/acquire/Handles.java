package io.connpool.bench.acquire;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The way from the thread that acquires to the thread that releases: a ring for one producer and
 * one consumer, which costs as little as possible, because it is measured along with every peer.
 * Both count their own turns, so that neither writes what the other one reads.
 */
final class Handles<H> {
  private static final int CAPACITY = 8;

  /** Places lie on cache lines of their own. */
  private static final int STRIDE = 16;

  private static final int SPINS = 64;

  private final AtomicReferenceArray<@Nullable H> ring =
      new AtomicReferenceArray<>(CAPACITY * STRIDE);

  /** False if the ring is full; then the turn is to be repeated. */
  boolean offer(long turn, H handle) {
    int place = place(turn);
    if (ring.getAcquire(place) != null) {
      return false;
    }
    ring.setRelease(place, handle);
    return true;
  }

  /** Null if nothing was offered for this turn yet. */
  @Nullable H poll(long turn) {
    int place = place(turn);
    H handle = ring.getAcquire(place);
    if (handle != null) {
      ring.setRelease(place, null);
    }
    return handle;
  }

  private static int place(long turn) {
    return (int) (turn % CAPACITY) * STRIDE;
  }

  /** What to do after so many fruitless tries; there may be fewer processors than threads. */
  @SuppressWarnings("ThreadPriorityCheck") // a hint, not a means of synchronisation
  static void idle(int tries) {
    if (tries < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
  }
}
