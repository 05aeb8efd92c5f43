package io.connpool.mux;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;

/**
 * A TCP or Unix socket. The channel is in non-blocking mode, where the JDK does not close it when a
 * thread that uses it is interrupted; so callers may write themselves.
 */
final class SocketFrameChannel implements SelectableFrameChannel {
  private final SocketChannel channel;
  private final SocketAddress local;
  private final SocketAddress remote;

  SocketFrameChannel(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    this.local = channel.getLocalAddress();
    this.remote = channel.getRemoteAddress();
  }

  @Override
  public SelectableChannel selectable() {
    return channel;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    return channel.write(from);
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
  public void close() throws IOException {
    channel.close();
  }
}
