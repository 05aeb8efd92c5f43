package io.connpool.bench.acquire;

import io.connpool.bench.harness.VirtualThreads;

/**
 * What is done to a pool.
 *
 * @param threads how many use it; with handover half of them acquire and half release
 * @param virtual whether they are virtual
 * @param size how many objects the pool has
 * @param hold what a thread does while it holds an object
 * @param holdNanos how long it does so
 * @param thinkNanos how long it pauses after each release
 * @param handover whether another thread releases
 */
record Load(
    int threads,
    boolean virtual,
    int size,
    Hold hold,
    long holdNanos,
    long thinkNanos,
    boolean handover) {

  Load {
    require(threads >= 1, "--threads must be 1 or more, but is " + threads);
    require(size >= 1, "--size must be 1 or more, but is " + size);
    require(holdNanos >= 0, "--hold-us must be 0 or more, but is " + holdNanos / 1e3);
    require(thinkNanos >= 0, "--think-us must be 0 or more, but is " + thinkNanos / 1e3);
    require(
        !handover || threads % 2 == 0, "--threads must be even with --handover, but is " + threads);
    require(
        !handover || (hold == Hold.NONE && thinkNanos == 0),
        "--handover excludes --hold-us, --think-us and --yield");
    require(hold != Hold.YIELD || holdNanos == 0, "--yield excludes --hold-us");
    require(
        !virtual || VirtualThreads.exist(),
        "--virtual needs Java 21 or later, and this is Java " + Runtime.version().feature());
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
