package io.connpool.mux;

import io.connpool.testkit.PortHolder;
import io.connpool.testkit.TransportPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A {@link MuxServer} behind a relay, as the peer of a pool: what the relay does not pass on is
 * silence, which the server itself cannot make, because it answers PINGs.
 */
final class MuxPeer implements TransportPeer, AutoCloseable {
  private final MuxServer server;
  private final SocketAddress target;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private SocketAddress address;
  private ServerSocketChannel listener;
  private Thread accepting;
  private PortHolder holder;
  private volatile boolean silent;

  /** Relays from this address to the server, and ends it. */
  MuxPeer(SocketAddress address, MuxServer server) throws IOException {
    this.address = address;
    this.server = server;
    this.target = server.address();
    serve();
  }

  static MuxPeer tcp(MuxServer server) throws IOException {
    return new MuxPeer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), server);
  }

  int port() {
    return ((InetSocketAddress) address).getPort();
  }

  @Override
  public void serve() throws IOException {
    silent = false;
    if (listener != null && listener.isOpen()) {
      return;
    }
    if (address instanceof UnixDomainSocketAddress unix) {
      Files.deleteIfExists(unix.getPath());
      listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    } else {
      if (holder != null) {
        holder.close();
        holder = null;
      }
      listener = ServerSocketChannel.open();
      listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    }
    listener.bind(address);
    address = listener.getLocalAddress();
    ServerSocketChannel begun = listener;
    accepting = start(() -> accept(begun));
  }

  private void accept(ServerSocketChannel begun) throws IOException {
    while (true) {
      SocketChannel client = begun.accept();
      open.add(client);
      SocketChannel there = SocketChannel.open(target);
      start(() -> carry(client, there));
      start(() -> carry(there, client));
    }
  }

  private void carry(SocketChannel from, SocketChannel to) throws IOException {
    try (from;
        to) {
      ByteBuffer buffer = ByteBuffer.allocate(8192);
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining() && !silent) {
          to.write(buffer);
        }
        buffer.clear();
      }
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private interface Task {
    void run() throws IOException;
  }

  private static Thread start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException closed) {
                // one of the sides, or the test, has ended it
              }
            },
            "mux-relay");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public void refuse() throws Exception {
    listener.close();
    accepting.join(); // until it has come out of the kernel, the accept keeps the socket open
    if (address instanceof UnixDomainSocketAddress unix) {
      Files.deleteIfExists(unix.getPath());
    } else if (holder == null) {
      holder = PortHolder.hold(port());
    }
  }

  @Override
  public void silence() {
    silent = true;
  }

  @Override
  public void cutAll() throws IOException {
    for (SocketChannel client : open) {
      client.close();
    }
  }

  @Override
  public int open() {
    return open.size();
  }

  @Override
  public void close() throws Exception {
    refuse();
    if (holder != null) {
      holder.close();
    }
    cutAll();
    server.close();
  }
}
