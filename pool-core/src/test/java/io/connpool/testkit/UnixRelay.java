package io.connpool.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A unix socket in front of a {@link FlakyServer}: each connection is carried on to a connection of
 * its own, and what ends on one side ends on the other.
 */
public final class UnixRelay implements AutoCloseable {
  private final Path folder;
  private final Path file;
  private final InetSocketAddress target;
  private final ServerSocketChannel listener;
  private final Queue<SocketChannel> open = new ConcurrentLinkedQueue<>();
  private final FlakyThreads threads = new FlakyThreads();
  private volatile boolean closed;

  private UnixRelay(FlakyServer server) throws IOException {
    folder = Files.createTempDirectory("connpool");
    file = folder.resolve("socket");
    target = new InetSocketAddress(server.endpoint().host(), server.port());
    listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(file));
    threads.start("relay-accept", this::accept);
  }

  /** Starts one; to be closed before the server. */
  public static UnixRelay to(FlakyServer server) throws IOException {
    return new UnixRelay(server);
  }

  /** The socket's file. */
  public Path file() {
    return file;
  }

  private void accept() throws IOException {
    try {
      while (true) {
        SocketChannel here = listener.accept();
        open.add(here);
        SocketChannel there = SocketChannel.open(target);
        open.add(there);
        if (closed) {
          closeAll();
        }
        threads.start("relay-out", () -> carry(here, there));
        threads.start("relay-in", () -> carry(there, here));
      }
    } catch (ClosedChannelException end) {
      closeAll();
    }
  }

  private static void carry(SocketChannel from, SocketChannel to) throws IOException {
    try (from;
        to) {
      ByteBuffer buffer = ByteBuffer.allocate(8192);
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
    }
  }

  private void closeAll() throws IOException {
    for (SocketChannel channel : open) {
      channel.close();
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
    closeAll();
    threads.endAll();
    Files.deleteIfExists(file);
    Files.deleteIfExists(folder);
  }
}
