package io.connpool.internal;

/** A caller that waits until so many connections exist. */
final class WarmUp {
  private final Thread caller = Thread.currentThread();
  final int target;
  final int parallelism;

  private final Environment.Clock clock;

  WarmUp(Environment.Clock clock, int target, int parallelism) {
    this.clock = clock;
    this.target = target;
    this.parallelism = parallelism;
  }

  /** A connection was added, or dialing one failed, or the pool was closed. */
  void changed() {
    clock.unpark(caller);
  }
}
