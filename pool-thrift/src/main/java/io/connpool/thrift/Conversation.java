package io.connpool.thrift;

import io.connpool.net.Deadline;
import org.apache.thrift.protocol.TProtocol;

/**
 * What one use of a connection talks through. An exclusive connection is its own conversation, for
 * life; over a mux each use has a conversation of its own, many at once over one connection.
 * Belongs to one thread at a time.
 */
interface Conversation {
  /** What has passed. */
  WireState state();

  /** The generated client of a service. */
  <I> I client(Service<I> service);

  /**
   * A protocol over which messages are tracked.
   *
   * @param prefix what precedes the names of the methods of one service
   */
  TProtocol protocol(String prefix);

  /**
   * A use begins; it is cut off at the deadline.
   *
   * @throws IllegalStateException if another thread is in the middle of one
   */
  void begin(Deadline deadline);

  /** It is over, however it ended. */
  void end();
}
