package io.connpool.bench.tcp.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A way to exchange messages with a server, ready for use. On the wire each message has its length
 * in front of it, four bytes, big endian.
 */
public interface Peer extends AutoCloseable {

  /** The limit of an exchange, for peers that want one. */
  Duration LIMIT = Duration.ofSeconds(5);

  /** Bytes of the length in front of a message. */
  int HEADER = 4;

  /** What one thread uses. */
  @FunctionalInterface
  interface Caller {
    /**
     * Sends a message and waits for the answer.
     *
     * @param request not changed
     * @return the answer, until the next exchange of this caller
     * @throws IOException if there was none; the next exchange uses another connection
     * @throws InterruptedException if interrupted
     */
    ByteBuffer exchange(ByteBuffer request) throws IOException, InterruptedException;
  }

  /**
   * For one thread; called by it.
   *
   * @return not to be shared
   * @throws IOException if it cannot be made
   */
  Caller caller() throws IOException;

  /**
   * How the peer is set up.
   *
   * @return for the head of a report
   */
  String settings();

  @Override
  void close();
}
