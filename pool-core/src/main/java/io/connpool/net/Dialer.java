package io.connpool.net;

import io.connpool.DialContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * Opens connected channels to one {@link Endpoint} by TCP, or to a unix socket. Immutable; any
 * number of threads may dial at once.
 *
 * <p>The channels are blocking; those over TCP have {@link StandardSocketOptions#TCP_NODELAY} (a
 * request must not wait for the acknowledgement of the one before it) and {@link
 * StandardSocketOptions#SO_KEEPALIVE} (a peer that vanished is noticed some day) switched on.
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

  /** The addresses of one target at this moment, at least one; all of one protocol family. */
  @FunctionalInterface
  private interface Addresses {
    List<? extends SocketAddress> now() throws UnknownHostException;
  }

  private final String target;
  private final boolean unix;
  private final Addresses addresses;
  private final Map<SocketOption<?>, Object> options;
  private final @Nullable InetSocketAddress bindTo;

  private Dialer(
      String target,
      boolean unix,
      Addresses addresses,
      Map<SocketOption<?>, Object> options,
      @Nullable InetSocketAddress bindTo) {
    this.target = target;
    this.unix = unix;
    this.addresses = addresses;
    this.options = options;
    this.bindTo = bindTo;
  }

  /**
   * A dialer with the default options.
   *
   * @param endpoint where to
   * @return the dialer
   */
  public static Dialer to(Endpoint endpoint) {
    return to(endpoint, Resolver.SYSTEM);
  }

  /**
   * As {@link #to(Endpoint)}, with names resolved otherwise than by the machine.
   *
   * @param endpoint where to
   * @param resolver asked at every dial
   * @return the dialer
   */
  public static Dialer to(Endpoint endpoint, Resolver resolver) {
    return new Dialer(
        endpoint.toString(), false, () -> resolver.resolve(endpoint), DEFAULT_OPTIONS, null);
  }

  /**
   * A dialer for a unix socket, with the machine's options.
   *
   * @param file the socket's file, which need not exist yet
   * @return the dialer
   * @throws IllegalArgumentException if the path is not one of the machine's default file system
   */
  public static Dialer toUnix(Path file) {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(file);
    return new Dialer("unix:" + file, true, () -> List.of(address), Map.of(), null);
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
    try (SocketChannel trial = newChannel()) {
      tryOut(trial, option, value);
    } catch (IOException noSocket) {
      throw new UncheckedIOException(noSocket);
    }
    Map<SocketOption<?>, Object> changed = new HashMap<>(options);
    changed.put(option, value);
    return new Dialer(target, unix, addresses, Map.copyOf(changed), bindTo);
  }

  private static <T> void tryOut(SocketChannel trial, SocketOption<T> option, T value)
      throws IOException {
    try {
      trial.setOption(option, value);
    } catch (UnsupportedOperationException | IllegalArgumentException | SocketException refused) {
      throw new IllegalArgumentException(
          "socket option " + option + " cannot be set to " + value, refused);
    }
  }

  /**
   * The same dialer with keep-alive of its own pace, so that a peer that vanished is noticed, and a
   * gateway on the way does not forget the connection. The machine's own pace is two hours.
   *
   * @param idle after how long without traffic the kernel asks the peer; whole seconds, 1 or more
   * @param interval how long it waits for an answer before it asks again; as idle
   * @param count after how many questions without an answer the connection is dead; 1 or more
   * @return a new dialer
   * @throws IllegalArgumentException if a value is none of these, or if this machine cannot set the
   *     pace
   */
  public Dialer keepAlive(Duration idle, Duration interval, int count) {
    return option(StandardSocketOptions.SO_KEEPALIVE, true)
        .option(ExtendedSocketOptions.TCP_KEEPIDLE, seconds("idle", idle))
        .option(ExtendedSocketOptions.TCP_KEEPINTERVAL, seconds("interval", interval))
        .option(ExtendedSocketOptions.TCP_KEEPCOUNT, count);
  }

  private static int seconds(String what, Duration value) {
    if (value.getSeconds() < 1 || value.getNano() != 0 || value.getSeconds() > Short.MAX_VALUE) {
      throw new IllegalArgumentException(
          "keep-alive " + what + " must be whole seconds from 1 to 32767, was " + value);
    }
    return (int) value.getSeconds();
  }

  /**
   * The same dialer with this side's address chosen, as where a firewall lets only one pass.
   *
   * @param address of this machine
   * @return a new dialer; each channel gets a free port of the address
   * @throws IllegalArgumentException if it is no address of this machine, or this dials a unix
   *     socket
   * @throws UncheckedIOException if there is no socket to try it on
   */
  public Dialer bindTo(InetAddress address) {
    InetSocketAddress anyPort = new InetSocketAddress(address, 0);
    if (unix) {
      throw new IllegalArgumentException(target + " cannot be dialed from address " + address);
    }
    try (SocketChannel trial = newChannel()) {
      trial.bind(anyPort);
    } catch (BindException foreign) {
      throw new IllegalArgumentException(address + " is no address of this machine", foreign);
    } catch (IOException noSocket) {
      throw new UncheckedIOException(noSocket);
    }
    return new Dialer(target, unix, addresses, options, anyPort);
  }

  private SocketChannel newChannel() throws IOException {
    return unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
  }

  static boolean isUnix(SocketAddress address) {
    return address instanceof UnixDomainSocketAddress;
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
    List<? extends SocketAddress> candidates = addresses.now();
    List<IOException> failures = new ArrayList<>();
    for (SocketAddress address : candidates) {
      int addressesLeft = candidates.size() - failures.size();
      long share = share(deadline.remainingNanos(), addressesLeft);
      if (share == 0) {
        break;
      }
      // Outside of the try: when no socket is to be had, the address is not to blame.
      SocketChannel channel = newChannel();
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

  private SocketChannel connected(SocketChannel channel, SocketAddress address, long nanos)
      throws IOException {
    try {
      for (Map.Entry<SocketOption<?>, Object> option : options.entrySet()) {
        set(channel, option.getKey(), option.getValue());
      }
      if (unix) {
        connectUnix(channel, address, nanos);
      } else {
        if (bindTo != null) {
          channel.bind(bindTo);
        }
        channel.socket().connect(address, millisRoundedUp(nanos));
        refuseItself(channel, address);
      }
      return channel;
    } catch (Throwable failure) {
      close(channel, failure);
      throw failure;
    }
  }

  /** The JDK has no limit for this; it blocks while the server's queue is full. */
  private static void connectUnix(SocketChannel channel, SocketAddress address, long nanos)
      throws IOException {
    Cut cut = new Cut(channel::close);
    Fuse fuse = cut.newFuse();
    fuse.arm(Deadline.after(Duration.ofNanos(nanos)));
    try {
      channel.connect(address);
      fuse.disarm();
      if (cut.isDone()) { // after the connect and before it was disarmed
        throw new ClosedChannelException();
      }
    } catch (ClosedByInterruptException interrupted) {
      throw interrupted;
    } catch (ClosedChannelException closed) {
      throw cut.explained(closed, address);
    } finally {
      cut.forget();
    }
  }

  /**
   * When a free port of the ephemeral range is dialed, as while a local server restarts, the kernel
   * may choose that very port as the local one, and TCP connects the socket to itself: it would
   * read its own requests and keep the server from its port. Lingering for 0 spares the port the
   * minute in TIME_WAIT as well.
   */
  private static void refuseItself(SocketChannel channel, SocketAddress address)
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

  private IOException explained(IOException failure, SocketAddress address, long began) {
    String place =
        address instanceof InetSocketAddress at
            ? target + " at " + at.getAddress().getHostAddress()
            : target;
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
        target
            + ": no time left to connect, "
            + millisSince(began)
            + " ms went into resolving the name");
  }

  /** Where it dials: {@code host:port} or {@code unix:/path}. */
  @Override
  public String toString() {
    return target;
  }

  private static long millisSince(long began) {
    return Duration.ofNanos(System.nanoTime() - began).toMillis();
  }
}
