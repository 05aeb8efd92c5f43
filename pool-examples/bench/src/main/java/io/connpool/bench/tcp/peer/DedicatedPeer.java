package io.connpool.bench.tcp.peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * No pool: each thread has a blocking channel and a direct buffer of its own, and opens a new
 * channel after one has failed. Nothing that the JDK has is faster, and it is not the same work: it
 * has no deadline, believes any length, never looks for bytes that nobody asked for, and its answer
 * is a view of the buffer until the next exchange, where a pool's answer is the caller's own. Two
 * system calls for an exchange; a pool that looks before each loan makes a third.
 */
final class DedicatedPeer implements Peer {
  private final InetSocketAddress server;
  private final Queue<Own> all = new ConcurrentLinkedQueue<>();

  DedicatedPeer(InetSocketAddress server) {
    this.server = server;
  }

  @Override
  public Caller caller() throws IOException {
    Own own = new Own(server);
    all.add(own);
    return own;
  }

  @Override
  public String settings() {
    return "a blocking SocketChannel and a direct buffer for each thread, TCP_NODELAY, no limits";
  }

  @Override
  public void close() {
    all.forEach(Own::close);
  }

  private static final class Own implements Caller {
    private final InetSocketAddress server;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(16 * 1024);
    private volatile @Nullable SocketChannel channel;

    Own(InetSocketAddress server) throws IOException {
      this.server = server;
      channel = connected();
    }

    private SocketChannel connected() throws IOException {
      SocketChannel fresh = SocketChannel.open(server);
      fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
      return fresh;
    }

    @Override
    public ByteBuffer exchange(ByteBuffer request) throws IOException {
      SocketChannel current = channel;
      if (current == null) {
        current = connected();
        channel = current;
      }
      try {
        return exchange(current, request);
      } catch (IOException broken) {
        channel = null;
        current.close();
        throw broken;
      }
    }

    private ByteBuffer exchange(SocketChannel through, ByteBuffer request) throws IOException {
      int length = request.remaining();
      if (buffer.capacity() < HEADER + length) {
        buffer = ByteBuffer.allocateDirect(HEADER + length);
      }
      buffer.clear().putInt(length).put(request.duplicate()).flip();
      while (buffer.hasRemaining()) {
        through.write(buffer);
      }
      buffer.clear();
      while (buffer.position() < HEADER || buffer.position() < HEADER + buffer.getInt(0)) {
        if (through.read(buffer) < 0) {
          throw new EOFException("the server has finished");
        }
      }
      return buffer.flip().position(HEADER);
    }

    private void close() {
      SocketChannel current = channel;
      try {
        if (current != null) {
          current.close();
        }
      } catch (IOException unclosable) {
        throw new UncheckedIOException(unclosable);
      }
    }
  }
}
