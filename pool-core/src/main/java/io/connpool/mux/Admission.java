package io.connpool.mux;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many requests of peers are being handled, from their arrival until their answers are on their
 * way. All connections of a server share one.
 */
final class Admission {
  private final int most;
  private final AtomicInteger inside = new AtomicInteger();

  Admission(int most) {
    this.most = most;
  }

  /** Never exceeds the limit, not even for a moment: figures must be exact at rest and true. */
  boolean tryEnter() {
    int seen = inside.get();
    while (seen < most) {
      int witness = inside.compareAndExchange(seen, seen + 1);
      if (witness == seen) {
        return true;
      }
      seen = witness;
    }
    return false;
  }

  void leave(int count) {
    inside.addAndGet(-count);
  }

  int inside() {
    return inside.get();
  }
}
