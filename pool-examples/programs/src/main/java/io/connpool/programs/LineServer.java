package io.connpool.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The other end of these programs: answers every line with the same line. */
final class LineServer implements AutoCloseable {
  /** Enough for every program: each connects at most so many times at once. */
  private static final int BACKLOG = 64;

  private final ServerSocket listener =
      new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();

  LineServer() throws IOException {
    start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Closes all connections, as a restart would, but goes on listening. */
  void hangUp() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    hangUp();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listener.accept();
      clients.add(client);
      start(() -> answer(client));
    }
  }

  private void answer(Socket client) throws IOException {
    try (client;
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        client.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
    } finally {
      clients.remove(client);
    }
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException closed) {
                // by close() or hangUp(), or by the client: the end of this thread's work
                System.getLogger("LineServer").log(System.Logger.Level.DEBUG, "ended", closed);
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}
