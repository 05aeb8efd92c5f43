package io.connpool.net;

import io.connpool.DialContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Opens connected TCP channels to one {@link Endpoint}. Immutable; any number of threads may dial
 * at once.
 *
 * <p>The channels are blocking, with {@link StandardSocketOptions#TCP_NODELAY} (a request must not
 * wait for the acknowledgement of the one before it) and {@link StandardSocketOptions#SO_KEEPALIVE}
 * (a peer that vanished is noticed some day) switched on.
 *
 * <p><b>How a dial goes.</b> The name is resolved, then each address is tried in turn until one
 * answers. An address that stays silent gets an equal share of the time left, so that it cannot eat
 * what the others need; one that refuses leaves its share to them. A dial that fails, or is
 * interrupted, leaves no channel open.
 */
public final class Dialer {

  /**
   * The time after which RFC 8305, section 5, goes on to the next address; nearly all round trips
   * on this planet are shorter. The addresses of a long list would otherwise get shares in which
   * none of them can answer.
   */
  private static final long LEAST_SHARE_NANOS = Duration.ofMillis(250).toNanos();

  private static final Map<SocketOption<?>, Object> DEFAULT_OPTIONS =
      Map.of(StandardSocketOptions.TCP_NODELAY, true, StandardSocketOptions.SO_KEEPALIVE, true);

  /** Turns an endpoint into addresses, at least one. */
  @FunctionalInterface
  interface Resolver {
    List<InetSocketAddress> resolve(Endpoint endpoint) throws UnknownHostException;
  }

  private final Endpoint endpoint;
  private final Resolver resolver;
  private final Map<SocketOption<?>, Object> options;

  private Dialer(Endpoint endpoint, Resolver resolver, Map<SocketOption<?>, Object> options) {
    this.endpoint = endpoint;
    this.resolver = resolver;
    this.options = options;
  }

  /**
   * A dialer with the default options.
   *
   * @param endpoint where to
   * @return the dialer
   */
  public static Dialer to(Endpoint endpoint) {
    return to(endpoint, Endpoint::resolve);
  }

  static Dialer to(Endpoint endpoint, Resolver resolver) {
    return new Dialer(endpoint, resolver, DEFAULT_OPTIONS);
  }

  /**
   * The same dialer with one socket option changed. The option is tried on a socket at once, so
   * that a mistake shows here and not in every dial.
   *
   * @param option set before connecting, as {@link StandardSocketOptions#SO_RCVBUF} needs it
   * @param value what to set it to
   * @param <T> the type of the value
   * @return a new dialer
   * @throws IllegalArgumentException if this machine does not know the option or take the value
   * @throws UncheckedIOException if there is no socket to try it on
   */
  public <T> Dialer option(SocketOption<T> option, T value) {
    try (SocketChannel trial = SocketChannel.open()) {
      trial.setOption(option, value);
    } catch (UnsupportedOperationException | IllegalArgumentException refused) {
      throw new IllegalArgumentException(
          "socket option " + option + " cannot be set to " + value, refused);
    } catch (IOException noSocket) {
      throw new UncheckedIOException(noSocket);
    }
    Map<SocketOption<?>, Object> changed = new HashMap<>(options);
    changed.put(option, value);
    return new Dialer(endpoint, resolver, Map.copyOf(changed));
  }

  /**
   * Where this dialer dials.
   *
   * @return the endpoint, unresolved
   */
  public Endpoint endpoint() {
    return endpoint;
  }

  /**
   * As {@link #connect(Deadline)}, within the time of the pool's attempt. As a method reference it
   * is a {@link io.connpool.Transport}.
   *
   * @param context what the pool told the dial
   * @return a connected, blocking channel; the caller owns it
   * @throws IOException as {@link #connect(Deadline)}
   */
  public SocketChannel connect(DialContext context) throws IOException {
    return connect(Deadline.of(context));
  }

  /**
   * Opens a channel. Blocks until an address has answered, all have failed, or the deadline has
   * passed; only {@linkplain Endpoint#resolve() resolving the name} can take longer and must be cut
   * off from outside, as a pool does.
   *
   * @param deadline when to give up
   * @return a connected, blocking channel; the caller owns it
   * @throws UnknownHostException if the name has no address
   * @throws SocketTimeoutException if the last address tried stayed silent, or no time was left
   * @throws ConnectException if the last address tried could not be reached, whatever the reason
   *     (the cause has it). In both cases the message names endpoint, address and time spent, and
   *     the failures of the addresses before are suppressed exceptions
   * @throws ClosedByInterruptException if the thread was interrupted; it still is
   * @throws IOException if no socket could be opened, as when file descriptors have run out
   */
  public SocketChannel connect(Deadline deadline) throws IOException {
    long began = System.nanoTime();
    if (deadline.hasPassed()) {
      throw noTimeLeft(began);
    }
    List<InetSocketAddress> addresses = resolver.resolve(endpoint);
    List<IOException> failures = new ArrayList<>();
    for (InetSocketAddress address : addresses) {
      int addressesLeft = addresses.size() - failures.size();
      long share = share(deadline.remainingNanos(), addressesLeft);
      if (share == 0) {
        break;
      }
      // Outside of the try: when no socket is to be had, the address is not to blame.
      SocketChannel channel = SocketChannel.open();
      long tried = System.nanoTime();
      try {
        return connected(channel, address, share);
      } catch (ClosedByInterruptException interrupted) {
        throw interrupted;
      } catch (IOException failure) {
        failures.add(explained(failure, address, tried));
      }
    }
    if (failures.isEmpty()) {
      throw noTimeLeft(began);
    }
    IOException last = failures.remove(failures.size() - 1);
    failures.forEach(last::addSuppressed);
    throw last;
  }

  static long share(long nanosLeft, int addressesLeft) {
    return Math.max(nanosLeft / addressesLeft, Math.min(nanosLeft, LEAST_SHARE_NANOS));
  }

  private SocketChannel connected(SocketChannel channel, InetSocketAddress address, long nanos)
      throws IOException {
    try {
      for (Map.Entry<SocketOption<?>, Object> option : options.entrySet()) {
        set(channel, option.getKey(), option.getValue());
      }
      channel.socket().connect(address, millisRoundedUp(nanos));
      refuseItself(channel, address);
      return channel;
    } catch (Throwable failure) {
      close(channel, failure);
      throw failure;
    }
  }

  /**
   * When a free port of the ephemeral range is dialed, as while a local server restarts, the kernel
   * may choose that very port as the local one, and TCP connects the socket to itself: it would
   * read its own requests and keep the server from its port. Lingering for 0 spares the port the
   * minute in TIME_WAIT as well.
   */
  private static void refuseItself(SocketChannel channel, InetSocketAddress address)
      throws IOException {
    if (address.equals(channel.getLocalAddress())) {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      throw new ConnectException("nobody listens, the socket had connected to itself");
    }
  }

  private static <T> void set(SocketChannel channel, SocketOption<T> option, Object value)
      throws IOException {
    channel.setOption(option, option.type().cast(value));
  }

  /** Up, because less than a millisecond would become 0, and to {@code connect} 0 is no limit. */
  private static int millisRoundedUp(long nanos) {
    long millis = (nanos - 1) / 1_000_000 + 1;
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }

  private static void close(SocketChannel channel, Throwable failure) {
    try {
      channel.close();
    } catch (IOException alsoFailed) {
      failure.addSuppressed(alsoFailed);
    }
  }

  private IOException explained(IOException failure, InetSocketAddress address, long began) {
    String place = endpoint + " at " + address.getAddress().getHostAddress();
    String message = place + ": " + failure.getMessage() + " after " + millisSince(began) + " ms";
    IOException explained =
        failure instanceof SocketTimeoutException
            ? new SocketTimeoutException(message)
            : new ConnectException(message);
    explained.initCause(failure);
    return explained;
  }

  private SocketTimeoutException noTimeLeft(long began) {
    return new SocketTimeoutException(
        endpoint
            + ": no time left to connect, "
            + millisSince(began)
            + " ms went into resolving the name");
  }

  private static long millisSince(long began) {
    return Duration.ofNanos(System.nanoTime() - began).toMillis();
  }
}
