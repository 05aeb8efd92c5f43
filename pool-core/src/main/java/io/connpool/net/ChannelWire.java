package io.connpool.net;

import io.connpool.Health;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Bytes over a blocking channel. Blocking, because a read is then one system call; the JDK's timed
 * reads and a selector of our own make three of it (measured: 5 and 8 % of a 64-byte exchange on
 * loopback, JDK 25).
 */
final class ChannelWire implements Wire {

  /**
   * Most bytes of one call. The JDK copies heap buffers into a direct buffer of the same size and
   * keeps that with the thread, so without a bound every thread would keep the largest it ever
   * used. Longer writes take a call for every such piece.
   */
  static final int MOST_AT_ONCE = 64 * 1024;

  /** Below this, copying into one buffer is cheaper than a gathering call. */
  private static final int STAGED_AT_MOST = 8 * 1024;

  private final SocketChannel channel;
  private final SocketAddress local;
  private final SocketAddress remote;
  private final Cut cut = new Cut(this::abort);

  /** Says how much is unread; null for unix sockets, whose channels have no such thing. */
  private final @Nullable InputStream unread;

  private @Nullable ByteBuffer staging;
  private volatile long bytesRead;
  private volatile long bytesWritten;

  private ChannelWire(SocketChannel channel) throws IOException {
    this.channel = channel;
    local = channel.getLocalAddress();
    remote = channel.getRemoteAddress();
    unread = Dialer.isUnix(remote) ? null : channel.socket().getInputStream();
  }

  static Wire over(SocketChannel channel) {
    try {
      if (!channel.isConnected() || !channel.isBlocking()) {
        throw new IllegalArgumentException("must be connected and blocking, was " + channel);
      }
      return new ChannelWire(channel);
    } catch (IOException closed) {
      throw new IllegalArgumentException("must be open, was " + channel, closed);
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int limit = into.limit();
    if (into.remaining() > MOST_AT_ONCE) {
      into.limit(into.position() + MOST_AT_ONCE);
    }
    try {
      return counted(channel.read(into));
    } catch (ClosedChannelException closed) {
      throw cut.explained(closed, remote);
    } finally {
      into.limit(limit);
    }
  }

  private int counted(int count) {
    if (count > 0) {
      setBytesRead(bytesRead + count);
    }
    return count;
  }

  /** One thread reads; the field is volatile for those who want to know. */
  private void setBytesRead(long total) {
    bytesRead = total;
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    try {
      channel.configureBlocking(false);
      try {
        return counted(channel.read(into));
      } finally {
        channel.configureBlocking(true);
      }
    } catch (ClosedChannelException closed) {
      throw cut.explained(closed, remote);
    }
  }

  @Override
  public void write(ByteBuffer... from) throws IOException {
    long total = 0;
    for (ByteBuffer part : from) {
      total += part.remaining();
    }
    try {
      if (from.length == 1 && total <= MOST_AT_ONCE) {
        writeAll(from[0]);
      } else if (total <= STAGED_AT_MOST) {
        writeAll(staged(from));
      } else {
        gather(total, from);
      }
    } catch (ClosedChannelException closed) {
      throw cut.explained(closed, remote);
    }
  }

  private ByteBuffer staged(ByteBuffer... from) {
    ByteBuffer stage = staging;
    if (stage == null) {
      stage = ByteBuffer.allocate(STAGED_AT_MOST);
      staging = stage;
    }
    stage.clear();
    for (ByteBuffer part : from) {
      stage.put(part);
    }
    return stage.flip();
  }

  private void writeAll(ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      setBytesWritten(bytesWritten + channel.write(from));
    }
  }

  /** One thread writes; the field is volatile for those who want to know. */
  private void setBytesWritten(long total) {
    bytesWritten = total;
  }

  private void gather(long total, ByteBuffer... from) throws IOException {
    for (long left = total; left > 0; ) {
      long count = writePiece(from);
      setBytesWritten(bytesWritten + count);
      left -= count;
    }
  }

  /** A gathering call over as much as may go at once. */
  private long writePiece(ByteBuffer... from) throws IOException {
    int room = MOST_AT_ONCE;
    int[] limits = new int[from.length];
    for (int i = 0; i < from.length; i++) {
      limits[i] = from[i].limit();
      if (from[i].remaining() > room) {
        from[i].limit(from[i].position() + room);
      }
      room -= from[i].remaining();
    }
    try {
      return channel.write(from);
    } finally {
      for (int i = 0; i < from.length; i++) {
        from[i].limit(limits[i]);
      }
    }
  }

  @Override
  public Health glance() {
    if (unread == null) {
      return Probe.check(channel);
    }
    try {
      return unread.available() == 0 ? Health.CLEAN : Health.DIRTY;
    } catch (IOException closedOrReset) {
      return Health.STALE;
    }
  }

  @Override
  public Health probe(ByteBuffer lastWords) {
    return Probe.check(channel, lastWords);
  }

  @Override
  public Fuse newFuse() {
    return cut.newFuse();
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  public long bytesWritten() {
    return bytesWritten;
  }

  @Override
  public boolean isOpen() {
    return !cut.isDone() && channel.isOpen();
  }

  @Override
  public SocketAddress localAddress() {
    return local;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public Optional<SSLSession> tlsSession() {
    return Optional.empty();
  }

  @Override
  public Optional<String> applicationProtocol() {
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      cut.forget();
    }
  }

  @Override
  public void abort() throws IOException {
    try {
      if (unread != null) {
        // How TCP is told to forget a connection instead of finishing it.
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
    } catch (ClosedChannelException closedAlready) {
      return;
    } finally {
      close();
    }
  }

  /** For messages. */
  @Override
  public String toString() {
    return "Wire[" + local + " to " + remote + "]";
  }
}
