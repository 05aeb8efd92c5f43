package io.connpool.bench.acquire;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The way from the thread that acquires to the thread that releases: a ring for one producer and
 * one consumer, which costs as little as possible, because it is measured along with every peer.
 */
final class Handles<H> {
  private static final int CAPACITY = 8;

  /** Places lie on cache lines of their own. */
  private static final int STRIDE = 16;

  private static final int SPINS = 64;

  private final AtomicReferenceArray<@Nullable H> ring =
      new AtomicReferenceArray<>(CAPACITY * STRIDE);

  private int puts;
  private int takes;

  /** False if the ring is full. */
  boolean offer(H handle) {
    int place = puts % CAPACITY * STRIDE;
    if (ring.getAcquire(place) != null) {
      return false;
    }
    ring.setRelease(place, handle);
    puts = (puts + 1) % CAPACITY;
    return true;
  }

  /** Null if the ring is empty. */
  @Nullable H poll() {
    int place = takes % CAPACITY * STRIDE;
    H handle = ring.getAcquire(place);
    if (handle != null) {
      ring.setRelease(place, null);
      takes = (takes + 1) % CAPACITY;
    }
    return handle;
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
