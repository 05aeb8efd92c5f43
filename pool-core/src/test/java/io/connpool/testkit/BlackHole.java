package io.connpool.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address on loopback that answers no connect: neither accepted nor refused, like a machine that
 * is switched off. It is a listening socket whose accept queue is full, so that the kernel drops
 * every further SYN.
 */
public final class BlackHole implements AutoCloseable {

  /** Handshakes on loopback take microseconds; one that is not done by now was dropped. */
  private static final int HANDSHAKE_MILLIS = 100;

  private final ServerSocket listener;
  private final List<Socket> fill = new ArrayList<>();

  private BlackHole(ServerSocket listener) {
    this.listener = listener;
  }

  /**
   * Opens one. Takes {@value #HANDSHAKE_MILLIS} milliseconds.
   *
   * @return the black hole, until it is closed
   * @throws IOException if there are no sockets for it
   */
  public static BlackHole open() throws IOException {
    BlackHole hole = new BlackHole(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    try {
      while (hole.accepts()) {}
      return hole;
    } catch (IOException failure) {
      hole.close();
      throw failure;
    }
  }

  private boolean accepts() throws IOException {
    Socket socket = new Socket();
    fill.add(socket);
    try {
      socket.connect(address(), HANDSHAKE_MILLIS);
      return true;
    } catch (SocketTimeoutException dropped) {
      return false;
    }
  }

  /**
   * The address nobody answers at.
   *
   * @return a resolved address
   */
  public InetSocketAddress address() {
    return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
  }

  /** Refuses from now on. */
  @Override
  public void close() throws IOException {
    for (Socket socket : fill) {
      socket.close();
    }
    listener.close();
  }
}
