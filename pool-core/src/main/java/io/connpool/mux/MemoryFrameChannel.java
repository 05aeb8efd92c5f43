package io.connpool.mux;

import java.io.IOException;
import java.io.Serial;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/** One end of a pair in memory. */
final class MemoryFrameChannel implements FrameChannel {
  /** A name; there is no network. */
  private static final class MemoryAddress extends SocketAddress {
    @Serial private static final long serialVersionUID = 1L;
    private final String name;

    MemoryAddress(String name) {
      this.name = name;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final Pipe in;
  private final Pipe out;
  private final SocketAddress local;
  private final SocketAddress remote;
  private volatile boolean closed;

  private MemoryFrameChannel(Pipe in, Pipe out, SocketAddress local, SocketAddress remote) {
    this.in = in;
    this.out = out;
    this.local = local;
    this.remote = remote;
  }

  static MemoryFrameChannel[] pair() {
    Pipe there = new Pipe();
    Pipe back = new Pipe();
    SocketAddress left = new MemoryAddress("memory-left");
    SocketAddress right = new MemoryAddress("memory-right");
    return new MemoryFrameChannel[] {
      new MemoryFrameChannel(back, there, left, right),
      new MemoryFrameChannel(there, back, right, left)
    };
  }

  @Override
  public void onReady(Runnable ready) {
    in.onReadable(ready);
    out.onWritable(ready);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    return in.read(into);
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    return out.write(from);
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
  public void close() {
    closed = true;
    out.end(null);
    in.end(new IOException("the other end has closed the connection"));
  }
}
