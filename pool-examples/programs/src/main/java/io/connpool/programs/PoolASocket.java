package io.connpool.programs;

import io.connpool.ConnPool;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A plain {@link Socket} in a pool: dial and heartbeat are lambdas, close is its own. */
public final class PoolASocket {
  private PoolASocket() {}

  /** Asks twice; in between a caller breaks the connection, and the pool replaces it. */
  public static void main(String[] arguments) throws Exception {
    try (LineServer server = new LineServer();
        ConnPool<Socket> pool =
            ConnPool.builder(ctx -> new Socket(InetAddress.getLoopbackAddress(), server.port()))
                .heartbeat((socket, limit) -> ask(socket, "ping")) // throws = dead
                .name("orders")
                .maxActive(4)
                .build()) {

      System.out.println("first answer: " + pool.call(socket -> ask(socket, "one")));

      try {
        pool.run(
            socket -> {
              socket.getOutputStream().write('x'); // half a request, and then this:
              throw new IOException("something went wrong");
            });
      } catch (IOException failure) {
        System.out.println("a call failed: " + failure.getMessage());
      }
      System.out.println("its connection was closed: " + pool.stats().closedBy());

      System.out.println("second answer: " + pool.call(socket -> ask(socket, "two")));
      System.out.println("connections dialed: " + pool.stats().dialed());
    }
  }

  private static String ask(Socket socket, String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    StringBuilder answer = new StringBuilder();
    for (int next = socket.getInputStream().read(); next != '\n'; ) {
      if (next < 0) {
        throw new EOFException("the server closed the connection");
      }
      answer.append((char) next);
      next = socket.getInputStream().read();
    }
    return answer.toString();
  }
}
