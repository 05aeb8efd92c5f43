package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP server that answers every eight-byte request with the same eight bytes. A process of its
 * own, so that killing it is a real kill.
 *
 * <p>{@code EchoServer <port> <work> <lie every>} listens on the port (0: any free one) of
 * 127.0.0.1, and takes so many milliseconds for an answer. If the last number is not 0, one answer
 * of so many carries the id of another request. It is on a {@link Leash} and has more ways to
 * misbehave than the others: {@code greet-after <millis>} delays the first answer on each new
 * connection, {@code send <text>} sends a text on all connections, and {@code hang-up} closes them
 * all.
 */
final class EchoServer {

  /** The pools send a heartbeat after 60 s: whoever is silent for much longer is gone. */
  private static final int LONGEST_SILENCE_MILLIS = 90_000;

  private final Leash leash;
  private final long lieEvery;
  private final AtomicLong answers = new AtomicLong();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile long greetAfterMillis;

  private EchoServer(long workMillis, long lieEvery) {
    if (lieEvery < 0) {
      throw new IllegalArgumentException("lie every must be 0 or more, but is " + lieEvery);
    }
    this.lieEvery = lieEvery;
    leash =
        new Leash(workMillis)
            .on("greet-after", millis -> greetAfterMillis = Long.parseLong(millis))
            .on("send", text -> forAll(socket -> send(socket, text)))
            .on("hang-up", rest -> forAll(Socket::close));
  }

  public static void main(String[] args) throws IOException {
    EchoServer server = new EchoServer(Long.parseLong(args[1]), Long.parseLong(args[2]));
    try (ServerSocket listener = new ServerSocket()) {
      listener.setReuseAddress(true);
      listener.bind(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])));
      server.leash.listening(listener.getLocalPort());
      while (true) {
        Socket socket = listener.accept();
        Thread thread = new Thread(() -> server.serve(socket), "echo-" + socket.getPort());
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  private interface ToSocket {
    void act(Socket socket) throws IOException;
  }

  private void forAll(ToSocket action) {
    for (Socket socket : sockets) {
      try {
        action.act(socket);
      } catch (IOException gone) {
        // then there is nobody to misbehave to
      }
    }
  }

  private void serve(Socket socket) {
    sockets.add(socket);
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(LONGEST_SILENCE_MILLIS);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      long greeting = in.readLong();
      Thread.sleep(greetAfterMillis);
      leash.work();
      out.writeLong(answer(greeting));
      while (true) {
        long request = in.readLong();
        leash.work();
        out.writeLong(answer(request));
      }
    } catch (IOException connectionIsOver) {
      // the client closed it, or sees the same and counts it
    } catch (InterruptedException endNow) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(socket);
    }
  }

  private long answer(long id) {
    boolean lie = lieEvery > 0 && answers.incrementAndGet() % lieEvery == 0;
    return lie ? id - 1 : id;
  }
}
