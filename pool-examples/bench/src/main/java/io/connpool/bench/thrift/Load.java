package io.connpool.bench.thrift;

import io.connpool.bench.harness.VirtualThreads;

/**
 * Who calls, and with what.
 *
 * @param callers how many call, each one call after the other
 * @param virtual whether they are virtual threads
 * @param payload how many characters a request has, and its answer
 */
record Load(int callers, boolean virtual, int payload) {
  /** Room for the number of the caller and of the call. */
  static final int LEAST_PAYLOAD = 16;

  Load {
    require(callers >= 1, "--threads must be 1 or more, but is " + callers);
    require(
        payload >= LEAST_PAYLOAD,
        "--payload must be %d or more, but is %d".formatted(LEAST_PAYLOAD, payload));
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
