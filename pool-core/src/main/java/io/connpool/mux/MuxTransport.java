package io.connpool.mux;

import io.connpool.CloseReason;
import io.connpool.ConnSignals;
import io.connpool.DialContext;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.Verdict.Blame;
import io.connpool.Verdict.Fate;
import io.connpool.Verdict.Retry;
import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Multiplexed connections in a pool: many leases share one.
 *
 * <pre>{@code
 * ConnPool<MuxConnection> pool = ConnPool.builder(MuxTransport.to(endpoint)).build();
 *
 * byte[] answer = pool.call(connection -> connection.call(request));
 * CompletableFuture<byte[]> later = pool.callAsync(connection -> connection.callAsync(request));
 * }</pre>
 *
 * <p><b>How many.</b> One connection serves as many leases as it may have requests in flight. From
 * {@link #growAt} leases on the pool dials another beside it, up to maxActive, and closes it again
 * when nobody has needed it for the idle timeout. A connection that has reached its lifetime is
 * lent until its replacement is there.
 *
 * <p><b>When one ends.</b> The pool learns of it at once, and of a peer that is going away before.
 * A call that has not left by then, or that the departing peer has not run, is made on another
 * connection and its caller notices nothing; one that may have been run fails. This holds for calls
 * and stages that send one message through the connection they are given: one that sends several is
 * not made again, because those before the last may have been run.
 *
 * <p>What a lease gives must not be closed or drained; that is up to the pool. Immutable; the
 * methods that change something give a new transport.
 */
public final class MuxTransport implements Transport<MuxConnection> {

  /** Opens what a connection runs over. */
  @FunctionalInterface
  public interface ChannelDialer {
    /**
     * Opens one channel. May block; the thread is interrupted when the time is over.
     *
     * @param deadline when to give up
     * @return connected and unused; belongs to the caller
     * @throws Exception if there is none
     */
    FrameChannel dial(Deadline deadline) throws Exception;
  }

  /** How long the peer's requests may take that are being handled when the pool lets go. */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

  private final ChannelDialer dialer;
  private final MuxOptions options;
  private final @Nullable MuxHandler handler;
  private final int growAt;

  private MuxTransport(
      ChannelDialer dialer, MuxOptions options, @Nullable MuxHandler handler, int growAt) {
    this.dialer = dialer;
    this.options = options;
    this.handler = handler;
    this.growAt = growAt;
  }

  /**
   * By TCP.
   *
   * @param endpoint where the peer listens
   * @return a transport with default options, whose end answers no requests
   */
  public static MuxTransport to(Endpoint endpoint) {
    Dialer tcp = Dialer.to(endpoint);
    return over(deadline -> FrameChannels.socket(tcp.connect(deadline)));
  }

  /**
   * By TLS.
   *
   * @param endpoint where the peer listens
   * @param tls whom to trust, and who we are
   * @return as {@link #to}
   */
  public static MuxTransport toTls(Endpoint endpoint, Tls tls) {
    Objects.requireNonNull(tls, "tls");
    return over(deadline -> FrameChannels.tls(endpoint, tls, deadline.remaining()));
  }

  /**
   * By a Unix socket.
   *
   * @param file where the peer listens
   * @return as {@link #to}
   */
  public static MuxTransport toUnix(Path file) {
    Dialer unix = Dialer.toUnix(file);
    return over(deadline -> FrameChannels.socket(unix.connect(deadline)));
  }

  /**
   * Over channels of any kind.
   *
   * @param dialer opens them
   * @return as {@link #to}
   */
  public static MuxTransport over(ChannelDialer dialer) {
    Objects.requireNonNull(dialer, "dialer");
    return new MuxTransport(dialer, MuxOptions.defaults(), null, 0);
  }

  /**
   * With other limits and habits.
   *
   * @param changed the options
   * @return a new transport
   */
  public MuxTransport options(MuxOptions changed) {
    return new MuxTransport(dialer, Objects.requireNonNull(changed), handler, growAt);
  }

  /**
   * With a handler, so that the peer may ask too.
   *
   * @param answers answers the peer, on any of the connections
   * @return a new transport
   */
  public MuxTransport handler(MuxHandler answers) {
    return new MuxTransport(dialer, options, Objects.requireNonNull(answers), growAt);
  }

  /**
   * From how many leases on a connection another one is dialed beside it, if maxActive allows.
   *
   * @param leases 1 or more; by default half of what a connection may have in flight
   * @return a new transport
   */
  public MuxTransport growAt(int leases) {
    if (leases < 1) {
      throw new IllegalArgumentException("growAt must be 1 or more, was " + leases);
    }
    return new MuxTransport(dialer, options, handler, leases);
  }

  // --- what a pool asks ---

  @Override
  public MuxConnection dial(DialContext context) throws Exception {
    return Session.open(
        dialer.dial(Deadline.of(context)), options, handler, new Watcher(context.signals()));
  }

  /** Tells the pool what becomes of a connection. */
  private record Watcher(ConnSignals signals) implements Ending.Watcher {
    @Override
    public void leaving(String why) {
      signals.retire(why);
    }

    @Override
    public void ended(Throwable cause) {
      signals.dead(cause);
    }
  }

  @Override
  public void heartbeat(MuxConnection connection, Duration limit) throws Exception {
    connection.ping(limit);
  }

  @Override
  public void close(MuxConnection connection, CloseReason reason) throws Exception {
    boolean wellBehaved =
        switch (reason) {
          case IDLE, LIFETIME, EVICTED, SURPLUS, RETIRED -> true;
          default -> false;
        };
    if (wellBehaved && handler != null) {
      try {
        connection.drain(LAST_ANSWERS).get();
      } catch (ExecutionException | InterruptedException cutOff) {
        connection.close();
        throw cutOff;
      }
    }
    connection.close();
  }

  /**
   * As many as may have a request in flight. Never 1, which would make the connection exclusive:
   * the second lease's call waits within the connection, and {@link #growAt} gets it another.
   */
  @Override
  public int capacity(MuxConnection connection) {
    return Math.max(2, ((Session) connection).mostCalls());
  }

  @Override
  public int growAt(MuxConnection connection) {
    return growAt > 0 ? growAt : Math.max(1, ((Session) connection).mostCalls() / 2);
  }

  @Override
  public int load(MuxConnection connection) {
    return ((Session) connection).load();
  }

  @Override
  public MuxConnection share(MuxConnection connection) {
    return new MuxShare((Session) connection);
  }

  @Override
  public Verdict classify(MuxConnection connection, Throwable failure) {
    MuxException known = muxException(failure);
    if (known == null) {
      return Verdict.KEEP; // the connection is everybody's, and not what failed
    }
    Retry retry =
        switch (known.delivery()) {
          case ANSWERED -> Retry.NEVER;
          case MAYBE_SENT -> Retry.MAYBE_SENT;
          case NOT_SENT, REFUSED ->
              connection instanceof MuxShare share && share.hasSentOnce()
                  ? Retry.NOT_SENT
                  : Retry.MAYBE_SENT;
        };
    return switch (known.reason()) {
      case FULL, TOO_LARGE -> new Verdict(Fate.KEEP, Retry.NEVER, Blame.CALLER);
      case HANDLER_FAILED, TIMEOUT -> new Verdict(Fate.KEEP, retry, Blame.ENDPOINT);
      // A peer that refuses and stays would refuse again over another connection.
      case CLOSED, PROTOCOL_ERROR, REFUSED_BY_PEER ->
          new Verdict(connection.isOpen() ? Fate.KEEP : Fate.RETIRE, retry, Blame.ENDPOINT);
    };
  }

  private static @Nullable MuxException muxException(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof MuxException)) {
      cause = cause.getCause();
    }
    return (MuxException) cause;
  }
}
