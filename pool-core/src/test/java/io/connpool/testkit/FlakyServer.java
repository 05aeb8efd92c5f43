package io.connpool.testkit;

import io.connpool.net.Deadline;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;

/**
 * A TCP server on loopback that misbehaves as told. The first connection gets the first {@link
 * Behaviour}, the second the second, and all further ones the last.
 *
 * <pre>{@code
 * try (FlakyServer server = FlakyServer.start(Behaviour.closeAfter(1), Behaviour.answerLines())) {
 *   pool = poolTo(server.endpoint());
 *   ...
 *   server.awaitAccepted(2, Duration.ofSeconds(5));
 * }
 * }</pre>
 *
 * <p>Any thread may call any method. {@link FlakyServerProcess} runs one in a process of its own.
 */
public final class FlakyServer implements AutoCloseable {

  /** Larger than any herd that a test lets loose, so that only a {@link BlackHole} drops a SYN. */
  private static final int BACKLOG = 4096;

  /** Makes the listening socket. */
  @FunctionalInterface
  private interface Listening {
    ServerSocket at(int port, int backlog, InetAddress address) throws IOException;
  }

  private final Listening listening;
  private final int port;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final FlakyThreads threads = new FlakyThreads();

  // Guarded by this. Until close there is either a listener or, while refusing, a holder.
  private final Set<FlakyConnection> open = new HashSet<>();
  private Behaviour[] script;
  private int scriptUsed;
  private int accepted;
  private ServerSocket listener;
  private @Nullable PortHolder holder;

  private FlakyServer(Listening listening, int port, Behaviour... script) throws IOException {
    this.listening = listening;
    this.script = checked(script);
    this.listener = listenAt(port);
    this.port = listener.getLocalPort();
  }

  /**
   * Starts a server.
   *
   * @param script what the first connection gets, the second, ... and all further ones
   * @return the server, listening; to be closed by the caller
   * @throws IOException if there is no socket for it
   */
  public static FlakyServer start(Behaviour... script) throws IOException {
    return new FlakyServer(ServerSocket::new, 0, script);
  }

  /**
   * Starts a server that speaks TLS; the handshake is made when a behaviour first reads or writes.
   *
   * @param context has the server's certificate, and whom it trusts
   * @param needsClientCertificate whether clients without one are refused
   * @param script as for {@link #start}
   * @return as for {@link #start}
   * @throws IOException as for {@link #start}
   */
  public static FlakyServer startTls(
      SSLContext context, boolean needsClientCertificate, Behaviour... script) throws IOException {
    Listening listening =
        (port, backlog, address) -> {
          SSLServerSocket socket =
              (SSLServerSocket)
                  context.getServerSocketFactory().createServerSocket(port, backlog, address);
          socket.setNeedClientAuth(needsClientCertificate);
          return socket;
        };
    return new FlakyServer(listening, 0, script);
  }

  /**
   * Runs a server until standard input ends, which it does at the latest when the process at its
   * other end dies. The only line of output is the port.
   *
   * @param args a {@link Behaviour#parse behaviour} and, if it matters, a port
   * @throws IOException if it cannot listen
   */
  public static void main(String[] args) throws IOException {
    int port = args.length > 1 ? Integer.parseInt(args[1]) : 0;
    try (FlakyServer server = new FlakyServer(ServerSocket::new, port, Behaviour.parse(args[0]))) {
      System.out.println(server.port());
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** The port, the same for life. */
  public int port() {
    return port;
  }

  /** Where clients dial. */
  public Endpoint endpoint() {
    return Endpoint.of(InetAddress.getLoopbackAddress().getHostAddress(), port);
  }

  /** How many connections were accepted so far. */
  public synchronized int accepted() {
    return accepted;
  }

  /** How many connections are open on this side. */
  public synchronized int open() {
    return open.size();
  }

  /**
   * Waits until so many connections were accepted in all; an AssertionError if that takes longer.
   */
  public void awaitAccepted(int count, Duration limit) throws InterruptedException {
    await(() -> accepted >= count, count + " accepted", limit);
  }

  /** Waits until exactly so many connections are open; an AssertionError if that takes longer. */
  public void awaitOpen(int count, Duration limit) throws InterruptedException {
    await(() -> open.size() == count, count + " open", limit);
  }

  /** Gives the connections accepted from now on another script, from its beginning. */
  public synchronized void behave(Behaviour... newScript) {
    script = checked(newScript);
    scriptUsed = 0;
  }

  /** Stops listening, so that connects are refused. Open connections stay open. */
  public synchronized void refuse() throws IOException {
    if (holder == null) {
      ServerSocket closing = listener;
      closing.close();
      // The accept that the close has woken keeps the port until it has come out of the kernel.
      synchronized (closing) {
        holder = PortHolder.hold(port);
      }
    }
  }

  /** Listens again, on the same port. */
  public synchronized void listenAgain() throws IOException {
    if (holder != null) {
      holder.close();
      holder = null;
      listener = listenAt(port);
    }
  }

  /** Sends bytes that nobody asked for on every open connection; fails if a peer has gone. */
  public void sendToAll(String bytes) throws IOException {
    for (FlakyConnection connection : openNow()) {
      connection.send(bytes);
    }
  }

  /** Closes every open connection as {@link FlakyConnection#close()} does. */
  public void closeAllConnections() throws IOException {
    for (FlakyConnection connection : openNow()) {
      connection.close();
      forget(connection);
    }
  }

  /** Closes every open connection with a RST. */
  public void resetAllConnections() throws IOException {
    for (FlakyConnection connection : openNow()) {
      connection.reset();
      forget(connection);
    }
  }

  /**
   * Closes everything and waits for the threads. May be called again.
   *
   * @throws AssertionError if a behaviour threw what it should not, or does not end
   */
  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed.countDown();
      listener.close();
      if (holder != null) {
        holder.close();
      }
    }
    closeAllConnections();
    threads.endAll();
  }

  private synchronized List<FlakyConnection> openNow() {
    return List.copyOf(open);
  }

  private synchronized void forget(FlakyConnection connection) {
    open.remove(connection);
    notifyAll();
  }

  private synchronized void await(BooleanSupplier condition, String wanted, Duration limit)
      throws InterruptedException {
    Deadline deadline = Deadline.after(limit);
    while (!condition.getAsBoolean()) {
      if (deadline.hasPassed()) {
        throw new AssertionError(
            "waited %s for %s connections, saw %d accepted and %d open"
                .formatted(limit, wanted, accepted, open.size()));
      }
      TimeUnit.NANOSECONDS.timedWait(this, deadline.remainingNanos());
    }
  }

  private ServerSocket listenAt(int wanted) throws IOException {
    ServerSocket socket = listening.at(wanted, BACKLOG, InetAddress.getLoopbackAddress());
    threads.start("flaky-" + socket.getLocalPort() + "-accept", () -> acceptUntilClosed(socket));
    return socket;
  }

  private void acceptUntilClosed(ServerSocket socket) {
    try {
      while (true) {
        begin(acceptOn(socket));
      }
    } catch (IOException failure) {
      if (!socket.isClosed()) {
        throw new UncheckedIOException(failure);
      }
    }
  }

  private static Socket acceptOn(ServerSocket socket) throws IOException {
    synchronized (socket) {
      return socket.accept();
    }
  }

  private synchronized void begin(Socket socket) throws IOException {
    if (closed.getCount() == 0) {
      socket.close();
      return;
    }
    FlakyConnection connection = new FlakyConnection(socket, closed);
    Behaviour behaviour = script[Math.min(scriptUsed++, script.length - 1)];
    accepted++;
    open.add(connection);
    notifyAll();
    threads.start("flaky-" + port + "-" + accepted, () -> serve(connection, behaviour));
  }

  private void serve(FlakyConnection connection, Behaviour behaviour)
      throws IOException, InterruptedException {
    try (connection) {
      behaviour.serve(connection);
    } finally {
      forget(connection);
    }
  }

  private static Behaviour[] checked(Behaviour... script) {
    if (script.length == 0) {
      throw new IllegalArgumentException("script must name a behaviour, was empty");
    }
    return script.clone();
  }
}
