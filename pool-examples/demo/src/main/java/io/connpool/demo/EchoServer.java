package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
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
 * <p>{@code EchoServer <port> <lie every>} listens on the port (0: any free one) of 127.0.0.1 and
 * prints it. If the second number is not 0, one answer of so many carries the id of another
 * request. The process ends when its standard input does, so it cannot outlive whoever started it.
 * Each line of it is a command to misbehave: {@code greet-after <millis>} delays the first answer
 * on each new connection, {@code send <text>} sends a text on all connections, and {@code hang-up}
 * closes them all.
 */
final class EchoServer {

  /** The pools send a heartbeat after 60 s: whoever is silent for much longer is gone. */
  private static final int LONGEST_SILENCE_MILLIS = 90_000;

  private final long lieEvery;
  private final AtomicLong answers = new AtomicLong();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile long greetAfterMillis;

  private EchoServer(long lieEvery) {
    if (lieEvery < 0) {
      throw new IllegalArgumentException("lie every must be 0 or more, but is " + lieEvery);
    }
    this.lieEvery = lieEvery;
  }

  public static void main(String[] args) throws IOException {
    EchoServer server = new EchoServer(Long.parseLong(args[1]));
    Thread parentWatch = daemon("parent-watch", server::obeyParent);
    try (ServerSocket listener = new ServerSocket()) {
      listener.setReuseAddress(true);
      listener.bind(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])));
      outliveCtrlC(parentWatch);
      System.out.println(listener.getLocalPort());
      System.out.flush();
      while (true) {
        Socket socket = listener.accept();
        daemon("echo-" + socket.getPort(), () -> server.serve(socket));
      }
    }
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Until it is gone; then this process ends. */
  private void obeyParent() {
    try (BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        String[] words = line.split(" ", 2);
        switch (words[0]) {
          case "greet-after" -> greetAfterMillis = Long.parseLong(words[1]);
          case "send" -> forAll(socket -> socket.getOutputStream().write(words[1].getBytes(UTF_8)));
          case "hang-up" -> forAll(Socket::close);
          default -> throw new IOException("no such command: " + line);
        }
      }
      Runtime.getRuntime().halt(0);
    } catch (IOException broken) {
      broken.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  /**
   * A Ctrl-C reaches every process of the terminal at once. The parent still expects answers while
   * it stops its load, and ends this process when it needs it no more.
   */
  private static void outliveCtrlC(Thread parentWatch) {
    Runnable untilParentEnds =
        () -> {
          try {
            parentWatch.join();
          } catch (InterruptedException endNow) {
            Thread.currentThread().interrupt();
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(untilParentEnds, "outlive-ctrl-c"));
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
      out.writeLong(answer(greeting));
      while (true) {
        out.writeLong(answer(in.readLong()));
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
