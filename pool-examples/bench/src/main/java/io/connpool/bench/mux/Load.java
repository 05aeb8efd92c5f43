package io.connpool.bench.mux;

import io.connpool.bench.harness.VirtualThreads;

/**
 * What one connection is asked to carry.
 *
 * @param callers how many threads call, each one call after the other; or how many requests are in
 *     flight
 * @param kind who they are
 * @param body bytes of each request and its answer; 0 for the ancestor's workload
 * @param rate requests a second, of kind ASYNC; 0 for as many as possible
 */
record Load(int callers, Kind kind, int body, int rate) {
  /** Room for the number that tells a request from all others. */
  static final int LEAST_BODY = Long.BYTES;

  /** Who asks. */
  enum Kind {
    /** Platform threads that wait. */
    PLATFORM,
    /** Virtual threads that wait. */
    VIRTUAL,
    /** Nobody waits: each answer sends the next request. */
    ASYNC
  }

  Load {
    require(callers >= 1, "--threads must be 1 or more, but is " + callers);
    require(
        body == 0 || body >= LEAST_BODY,
        "--body must be 0 or %d or more, but is %d".formatted(LEAST_BODY, body));
    require(rate >= 0, "--rate must be 0 or more, but is " + rate);
    require(rate == 0 || kind == Kind.ASYNC, "--rate needs --async");
    require(
        kind != Kind.VIRTUAL || VirtualThreads.exist(),
        "--virtual needs Java 21 or later, and this is Java " + Runtime.version().feature());
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
