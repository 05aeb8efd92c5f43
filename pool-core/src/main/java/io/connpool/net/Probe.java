package io.connpool.net;

import io.connpool.Health;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A look at a parked channel: has the peer closed it, did it send what nobody asked for? Without
 * traffic, without waiting, and without noticing an interrupt, which would close the channel in any
 * blocking read. About a microsecond on a blocking channel, a third of that on a non-blocking one.
 *
 * <p><b>Ownership.</b> The caller has the channel for itself. If another thread were inside a
 * blocking read or write, this would wait for it; if a selector took the bytes, this would not see
 * them.
 *
 * <p><b>What it cannot see.</b> A peer whose machine is gone without a word looks {@link
 * Health#CLEAN}; only a heartbeat tells. And a peer may close right after the look.
 */
public final class Probe {

  /**
   * Takes the byte of {@link #check(SocketChannel)}. Only duplicates are read into: a buffer's
   * position belongs to one thread, while the byte may be written by several at once because nobody
   * looks at it. Against a heap buffer this saves 80 bytes and the JDK's copy at each look; the
   * duplicate itself never reaches the heap (JMH, JDK 17 and 25).
   */
  private static final ByteBuffer SINK = ByteBuffer.allocateDirect(1);

  private Probe() {}

  /**
   * Looks, and throws away the byte it finds.
   *
   * @param channel a connected channel of the caller's
   * @return as {@link #check(SocketChannel, ByteBuffer)}
   */
  public static Health check(SocketChannel channel) {
    return check(channel, SINK.duplicate());
  }

  /**
   * Looks, and keeps what it finds: the peer's last words.
   *
   * <p>A blocking channel is blocking again afterwards. A non-blocking one, registered with a
   * selector or not, is read as it is.
   *
   * @param channel a connected channel of the caller's
   * @param lastWords takes the bytes found, as many as fit; a direct buffer costs least
   * @return {@link Health#CLEAN} if it is open and nothing is waiting in it; {@link Health#STALE}
   *     if either side has closed it or the peer has reset it; {@link Health#DIRTY} if bytes were
   *     waiting, which are now consumed, so that the channel must not be used any more
   * @throws IllegalArgumentException if the buffer is full: then nothing could be seen
   * @throws java.nio.channels.NotYetConnectedException if the channel was never connected
   * @throws java.nio.channels.IllegalBlockingModeException if somebody registered the channel with
   *     a selector meanwhile
   */
  public static Health check(SocketChannel channel, ByteBuffer lastWords) {
    if (!lastWords.hasRemaining()) {
      throw new IllegalArgumentException("lastWords must have room, was " + lastWords);
    }
    try {
      return channel.isBlocking() ? readUnblocked(channel, lastWords) : read(channel, lastWords);
    } catch (IOException closedOrReset) {
      return Health.STALE;
    }
  }

  private static Health readUnblocked(SocketChannel channel, ByteBuffer into) throws IOException {
    channel.configureBlocking(false);
    try {
      return read(channel, into);
    } finally {
      channel.configureBlocking(true);
    }
  }

  private static Health read(SocketChannel channel, ByteBuffer into) throws IOException {
    int count = channel.read(into);
    if (count < 0) {
      return Health.STALE;
    }
    return count == 0 ? Health.CLEAN : Health.DIRTY;
  }
}
