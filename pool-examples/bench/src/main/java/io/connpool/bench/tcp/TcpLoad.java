package io.connpool.bench.tcp;

/**
 * What is done to a server.
 *
 * @param threads how many exchange messages with it, and the most connections a pool may have
 * @param payload bytes of a request, and of its answer
 * @param closeIdleMillis after how long the server closes a silent connection; 0 for never
 * @param burst exchanges between two pauses; 0 for no pauses
 */
record TcpLoad(int threads, int payload, int closeIdleMillis, int burst) {
  /** A number that makes each request unique. */
  static final int LEAST_PAYLOAD = Long.BYTES;

  private static final int MOST_PAYLOAD = 1 << 20;

  TcpLoad {
    require(threads >= 1, "--threads must be 1 or more, but is " + threads);
    require(
        payload >= LEAST_PAYLOAD && payload <= MOST_PAYLOAD,
        "--payload must be %d to %d, but is %d".formatted(LEAST_PAYLOAD, MOST_PAYLOAD, payload));
    require(closeIdleMillis >= 0, "--close-idle-ms must be 0 or more, but is " + closeIdleMillis);
    require(burst >= 0, "--burst must be 0 or more, but is " + burst);
    require(
        burst == 0 || closeIdleMillis > 0,
        "--burst needs --close-idle-ms, by which pauses are chosen");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
