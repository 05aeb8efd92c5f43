package io.connpool.mux;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A carrier of whole messages that blocks, such as a WebSocket or a queue: what {@link
 * FrameChannels#blocking} makes a {@link FrameChannel} of. It must keep order and lose nothing. One
 * thread reads and another writes, at once.
 */
public interface MessageSocket extends Closeable {

  /**
   * Waits for the next message.
   *
   * @return what the peer has passed to one {@link #write}; null when the peer has closed. The
   *     buffer is not used any more after the next read
   * @throws IOException if the carrier is broken or closed
   */
  @Nullable ByteBuffer read() throws IOException;

  /**
   * Sends one message, and waits for as long as the carrier needs.
   *
   * @param message at most 64 KiB; reused when this returns
   * @throws IOException if the carrier is broken or closed
   */
  void write(ByteBuffer message) throws IOException;

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

  /** Ends both directions; a read or write that waits fails. */
  @Override
  void close() throws IOException;
}
