package io.connpool.mux;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Accepts multiplexed connections and answers their requests with one {@link MuxHandler}. One I/O
 * thread serves all of them; handlers run as {@link MuxHandler} says. All limits of the {@link
 * MuxOptions} count per connection, but for {@link MuxOptions#maxHandling}, which counts for the
 * whole server.
 */
public final class MuxServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(MuxServer.class.getName());

  /** More than this wait in the kernel, and a connect times out. */
  private static final int BACKLOG = 1024;

  /** Beyond this many connections a new one is closed at once: each costs buffers. */
  private static final int MOST_CONNECTIONS = 16_384;

  private final ServerSocketChannel listener;
  private final SocketAddress address;
  private final MuxHandler handler;
  private final MuxOptions options;
  private final Admission admission;
  private final IoLoop loop;
  private final @Nullable SSLContext tls;
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private final AtomicInteger shakingHands = new AtomicInteger();
  private volatile boolean closing;

  private MuxServer(
      ServerSocketChannel listener,
      MuxOptions options,
      @Nullable SSLContext tls,
      MuxHandler handler)
      throws IOException {
    this.listener = listener;
    this.address = listener.getLocalAddress();
    this.tls = tls;
    this.handler = handler;
    this.options = options;
    this.admission = new Admission(options.maxHandling());
    this.loop = new IoLoop("connpool-" + options.name());
  }

  /**
   * Listens, with default options.
   *
   * @param address where; port 0 lets the system choose, a {@link UnixDomainSocketAddress} makes it
   *     a Unix socket
   * @param handler answers
   * @return the server; the caller closes it
   * @throws IOException if it cannot listen there
   */
  public static MuxServer listen(SocketAddress address, MuxHandler handler) throws IOException {
    return listen(address, MuxOptions.defaults(), handler);
  }

  /**
   * Listens.
   *
   * @param address where; port 0 lets the system choose, a {@link UnixDomainSocketAddress} makes it
   *     a Unix socket
   * @param options limits and habits
   * @param handler answers
   * @return the server; the caller closes it
   * @throws IOException if it cannot listen there
   */
  public static MuxServer listen(SocketAddress address, MuxOptions options, MuxHandler handler)
      throws IOException {
    return listen(address, options, null, handler);
  }

  /**
   * Listens and speaks TLS.
   *
   * @param address where; port 0 lets the system choose
   * @param options limits and habits; the handshake must end within {@link
   *     MuxOptions#handshakeTimeout}
   * @param tls identifies the server
   * @param handler answers
   * @return the server; the caller closes it
   * @throws IOException if it cannot listen there
   */
  public static MuxServer listenTls(
      InetSocketAddress address, MuxOptions options, SSLContext tls, MuxHandler handler)
      throws IOException {
    return listen(address, options, tls, handler);
  }

  private static MuxServer listen(
      SocketAddress address, MuxOptions options, @Nullable SSLContext tls, MuxHandler handler)
      throws IOException {
    ServerSocketChannel listener =
        address instanceof UnixDomainSocketAddress
            ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            : ServerSocketChannel.open();
    try {
      if (address instanceof InetSocketAddress) {
        // A restarted server must not wait for the old one's connections to leave TIME_WAIT.
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      }
      listener.bind(address, BACKLOG);
      listener.configureBlocking(false);
      MuxServer server = new MuxServer(listener, options, tls, handler);
      server.start();
      return server;
    } catch (Throwable failure) {
      listener.close();
      throw failure;
    }
  }

  private void start() {
    loop.start();
    loop.execute(
        () -> {
          try {
            loop.register(listener, SelectionKey.OP_ACCEPT, this::accept);
          } catch (IOException closedAtOnce) {
            LOG.log(WARNING, "the listener of " + this + " is gone", closedAtOnce);
          }
        });
  }

  private void accept(SelectionKey key) {
    try {
      SocketChannel channel;
      while ((channel = listener.accept()) != null) {
        if (closing || sessions.size() + shakingHands.get() >= MOST_CONNECTIONS) {
          channel.close();
        } else if (tls == null) {
          serve(FrameChannels.socket(channel));
        } else {
          serveTls(channel, tls);
        }
      }
    } catch (IOException | RuntimeException failure) {
      if (!closing) {
        LOG.log(WARNING, this + " cannot accept a connection and pauses", failure);
        key.interestOps(0); // out of files, perhaps: it would be told again at once
        loop.atNextTick(() -> resume(key));
      }
    }
  }

  private void resume(SelectionKey key) {
    if (key.isValid()) {
      key.interestOps(SelectionKey.OP_ACCEPT);
    }
  }

  /** On a worker, as the handshake takes processor time and waits for the client. */
  private void serveTls(SocketChannel channel, SSLContext context) {
    shakingHands.incrementAndGet();
    Crew.Job handshake =
        moreToCome -> {
          try {
            serve(FrameChannels.tlsServer(channel, context, options.handshakeTimeout()));
          } catch (IOException | RuntimeException failure) {
            LOG.log(DEBUG, "a client of " + this + " did not finish its handshake", failure);
          } finally {
            shakingHands.decrementAndGet();
          }
        };
    loop.callbacks().run(new Crew.Job[] {handshake}, 1);
  }

  /**
   * Serves a connection that was not accepted by this server, as over a {@link FrameChannel} of the
   * user's.
   *
   * @param channel connected and unused; belongs to the server from now on
   */
  public void serve(FrameChannel channel) {
    enter(channel).begin();
  }

  /** A session that has yet to begin, and whose end is seen to from now on. */
  Session enter(FrameChannel channel) {
    Session session =
        new Session(channel, options, handler, loop, admission, Ending.NOBODY, sessions::remove);
    sessions.add(session);
    // After adding, as close() and drain() set it before they look at the sessions; and before it
    // begins: one that they have seen is theirs, and a drained one must not be closed here.
    if (closing) {
      session.close();
    }
    return session;
  }

  /**
   * Where it listens.
   *
   * @return the address, with the port that the system chose
   */
  public SocketAddress address() {
    return address;
  }

  /**
   * The port it listens at.
   *
   * @return the port
   * @throws IllegalStateException if it listens at a Unix socket
   */
  public int port() {
    if (address instanceof InetSocketAddress inet) {
      return inet.getPort();
    }
    throw new IllegalStateException("has no port: " + address);
  }

  /**
   * The connections that are open now, so that the server can ask its clients.
   *
   * @return a copy
   */
  public List<MuxConnection> connections() {
    return sessions.stream().filter(Session::isOpen).map(MuxConnection.class::cast).toList();
  }

  /**
   * How many requests are being handled, by all connections together.
   *
   * @return from their arrival until their answers are on their way
   */
  public int handling() {
    return admission.inside();
  }

  /**
   * Stops gracefully: accepts nothing more and {@linkplain MuxConnection#drain drains} every
   * connection.
   *
   * @param grace how long that may take
   * @return completes when everything has ended
   */
  public CompletableFuture<Void> drain(Duration grace) {
    stopListening();
    CompletableFuture<?>[] drains =
        sessions.stream().map(session -> session.drain(grace)).toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(drains).whenComplete((nothing, impossible) -> close());
  }

  private void stopListening() {
    closing = true;
    try {
      listener.close();
    } catch (IOException failure) {
      LOG.log(WARNING, this + " could not stop listening", failure);
    }
  }

  /** Stops at once: calls in flight fail. Does not wait; closing again does nothing. */
  @Override
  public void close() {
    stopListening();
    sessions.forEach(Session::close);
    loop.end();
  }

  @Override
  public String toString() {
    return "mux server " + options.name() + " at " + address;
  }
}
