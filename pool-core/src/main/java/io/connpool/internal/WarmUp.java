package io.connpool.internal;

import java.util.concurrent.locks.LockSupport;

/** A caller that waits until so many connections exist. */
final class WarmUp {
  private final Thread caller = Thread.currentThread();
  final int target;
  final int parallelism;

  WarmUp(int target, int parallelism) {
    this.target = target;
    this.parallelism = parallelism;
  }

  /** A connection was added, or dialing one failed, or the pool was closed. */
  void changed() {
    LockSupport.unpark(caller);
  }
}
