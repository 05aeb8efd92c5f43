package io.connpool.mux;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * What a {@link MuxConnection} runs over: an ordered stream of bytes both ways that never makes its
 * caller wait. {@link FrameChannels} has those that come with ConnPool and an adapter for message
 * sockets that block; implement this for a carrier of another kind.
 *
 * <p>One thread at a time reads and one at a time writes, not always the same, and reading and
 * writing may happen at once.
 */
public interface FrameChannel extends Closeable {

  /**
   * Tells the channel whom to call when it is worth trying again. Called once, before anything
   * else.
   *
   * @param ready to be run after a {@link #read} that left room in its buffer, as soon as there is
   *     something to read, be it the end or a failure; and after a {@link #write} or {@link #flush}
   *     that left something, as soon as that can go on. Runs without blocking, on any thread, and
   *     may be run more often than needed
   */
  void onReady(Runnable ready);

  /**
   * Reads what is there. Never waits.
   *
   * @param into is filled as far as possible: room left in it means that there is no more now
   * @return how many bytes, 0 if there are none now, -1 if the peer has ended the stream
   * @throws IOException if the connection is broken
   */
  int read(ByteBuffer into) throws IOException;

  /**
   * Writes what the channel takes now. Never waits.
   *
   * @param from what to write; its position moves over what was taken
   * @return how many bytes were taken
   * @throws IOException if the connection is broken or closed
   */
  int write(ByteBuffer from) throws IOException;

  /**
   * Pushes out what the channel itself has kept of earlier writes. Never waits.
   *
   * @return true if nothing is kept; false if it takes another call once the channel is ready
   * @throws IOException if the connection is broken or closed
   */
  default boolean flush() throws IOException {
    return true;
  }

  /**
   * This end's address.
   *
   * @return the address
   */
  SocketAddress localAddress();

  /**
   * The other end's address.
   *
   * @return the address
   */
  SocketAddress remoteAddress();

  /**
   * Ends both directions, at once and without waiting. A write in progress may fail; none begins
   * afterwards. Closing again does nothing.
   */
  @Override
  void close() throws IOException;
}
