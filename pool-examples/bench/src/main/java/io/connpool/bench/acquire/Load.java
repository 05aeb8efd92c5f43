package io.connpool.bench.acquire;

import io.connpool.bench.harness.VirtualThreads;

/**
 * What is done to a pool.
 *
 * @param threads how many use it; with handover half of them acquire and half release
 * @param virtual whether they are virtual
 * @param size how many objects the pool has
 * @param holdNanos how long each acquisition lasts
 * @param hold in which way
 * @param handover whether another thread releases
 */
record Load(int threads, boolean virtual, int size, long holdNanos, Hold hold, boolean handover) {

  Load {
    require(threads >= 1, "--threads", threads, "at least 1");
    require(size >= 1, "--size", size, "at least 1");
    require(holdNanos >= 0, "--hold-us", holdNanos / 1e3, "0 or more");
    require(!handover || threads % 2 == 0, "--threads", threads, "even with --handover");
    require(
        !virtual || VirtualThreads.exist(),
        "--virtual",
        "Java " + Runtime.version().feature(),
        "used on Java 21 or later");
  }

  private static void require(boolean holds, String option, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(option + " must be " + expected + ", but is " + value);
    }
  }
}
