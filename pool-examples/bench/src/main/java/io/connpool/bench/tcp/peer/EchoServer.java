package io.connpool.bench.tcp.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Sends back what it gets, with a thread for each connection. May close those that lie idle. */
public final class EchoServer implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final ServerSocket listener =
      new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final int idleMillis;

  /**
   * Starts one.
   *
   * @param idle after how long a silent connection is closed; zero for never
   * @throws IOException if it cannot listen
   */
  public EchoServer(Duration idle) throws IOException {
    idleMillis = Math.toIntExact(idle.toMillis());
    start(this::accept);
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "bench-server");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Where to connect to.
   *
   * @return on loopback
   */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  private void accept() {
    while (true) {
      Socket socket;
      try {
        socket = listener.accept();
      } catch (IOException closed) {
        return;
      }
      open.add(socket);
      if (listener.isClosed()) { // the close may have come before the connection
        closeAll();
      }
      start(() -> serve(socket));
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(idleMillis);
      InputStream in = socket.getInputStream();
      byte[] piece = new byte[64 * 1024];
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        socket.getOutputStream().write(piece, 0, count);
      }
    } catch (SocketTimeoutException | SocketException itIsTime) {
      // Idle for too long, or the peer has gone: closed either way.
    } catch (IOException unexpected) {
      throw new UncheckedIOException(unexpected);
    } finally {
      open.remove(socket);
    }
  }

  private void closeAll() {
    for (Socket socket : open) {
      try {
        socket.close();
      } catch (IOException unclosable) {
        throw new UncheckedIOException(unclosable);
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    closeAll();
  }
}
