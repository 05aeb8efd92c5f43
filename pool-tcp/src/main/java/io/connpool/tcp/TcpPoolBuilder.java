package io.connpool.tcp;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Resolver;
import io.connpool.net.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link TcpPool}. Obtained from {@link TcpPool#to} and {@link TcpPool#toUnix}; not
 * thread safe; may build several pools. Bad values are refused at once, with the value.
 */
public final class TcpPoolBuilder {

  /** What makes a new connection ready. */
  @FunctionalInterface
  public interface Greeting {
    /**
     * Logs in, selects a database, reads the server's banner. Must leave nothing unread.
     *
     * @param conn just dialed
     * @throws IOException if the connection is of no use
     */
    void greet(TcpConn conn) throws IOException;
  }

  private final @Nullable Endpoint endpoint;
  private final @Nullable Path unix;
  private final List<UnaryOperator<Dialer>> dialing = new ArrayList<>();
  private final List<Consumer<PoolBuilder<TcpConn>>> pooling = new ArrayList<>();
  private Resolver resolver = Resolver.SYSTEM;
  private @Nullable Tls tls;
  private Framing framing = Framing.lengthPrefixed();
  private Duration timeout = Duration.ofSeconds(5);
  private Duration probeAfter = Duration.ofMillis(1);
  private Duration dnsRefresh = Duration.ofSeconds(30);
  private IoRetry retry = IoRetry.NONE;
  private @Nullable Drain drain;
  private @Nullable Greeting greeting;

  TcpPoolBuilder(@Nullable Endpoint endpoint, @Nullable Path unix) {
    this.endpoint = endpoint;
    this.unix = unix;
  }

  /**
   * How messages are cut out of the stream.
   *
   * @param value default {@link Framing#lengthPrefixed()}
   * @return this
   */
  public TcpPoolBuilder framing(Framing value) {
    framing = Objects.requireNonNull(value, "framing");
    return this;
  }

  /**
   * The limit of everything that is not given one: an exchange with all it takes, a single read or
   * write.
   *
   * @param value more than zero; default 5 s
   * @return this
   */
  public TcpPoolBuilder timeout(Duration value) {
    timeout = Limits.positive("timeout", value);
    return this;
  }

  /**
   * Speaks TLS.
   *
   * @param value default none
   * @return this
   * @throws IllegalStateException if this is a unix socket
   */
  public TcpPoolBuilder tls(Tls value) {
    if (endpoint == null) {
      throw new IllegalStateException("tls cannot be spoken over unix:" + unix);
    }
    tls = Objects.requireNonNull(value, "tls");
    return this;
  }

  /**
   * After how long idle a connection gets a full look before it is lent (a microsecond); after a
   * shorter rest it is only asked whether something has come that nobody asked for (a quarter of
   * one).
   *
   * @param value zero for always; default 1 ms
   * @return this
   */
  public TcpPoolBuilder probeAfter(Duration value) {
    if (Objects.requireNonNull(value, "probeAfter").isNegative()) {
      throw new IllegalArgumentException("probeAfter must be zero or more, but is " + value);
    }
    probeAfter = value;
    return this;
  }

  /**
   * How often the name is resolved again while connections are in use, so that those to addresses
   * that have vanished are retired when they come back.
   *
   * @param value zero for never; default 30 s
   * @return this
   */
  public TcpPoolBuilder dnsRefresh(Duration value) {
    if (Objects.requireNonNull(value, "dnsRefresh").isNegative()) {
      throw new IllegalArgumentException("dnsRefresh must be zero or more, but is " + value);
    }
    dnsRefresh = value;
    return this;
  }

  /**
   * Asks this resolver for the addresses, not the machine.
   *
   * @param value asked at every dial, and for {@link #dnsRefresh}
   * @return this
   */
  public TcpPoolBuilder resolver(Resolver value) {
    resolver = Objects.requireNonNull(value, "resolver");
    return this;
  }

  /**
   * When a failed exchange is tried again.
   *
   * @param value default {@link IoRetry#NONE}: only a stale connection is replaced
   * @return this
   */
  public TcpPoolBuilder retry(IoRetry value) {
    retry = Objects.requireNonNull(value, "retry");
    return this;
  }

  /**
   * Throws away what is left in a connection when it is released, instead of closing it.
   *
   * @param value default none
   * @return this
   */
  public TcpPoolBuilder drain(Drain value) {
    drain = Objects.requireNonNull(value, "drain");
    return this;
  }

  /**
   * What makes a new connection ready. Part of the dial: if it fails, the dial has failed.
   *
   * @param value default nothing
   * @return this
   */
  public TcpPoolBuilder onConnected(Greeting value) {
    greeting = Objects.requireNonNull(value, "onConnected");
    return this;
  }

  /**
   * One socket option, see {@link Dialer#option}.
   *
   * @param option which
   * @param value its value
   * @param <T> the type of the value
   * @return this
   */
  public <T> TcpPoolBuilder option(SocketOption<T> option, T value) {
    return dialing(dialer -> dialer.option(option, value));
  }

  /**
   * The pace of keep-alive, see {@link Dialer#keepAlive}.
   *
   * @param idle after how long the kernel asks
   * @param interval how long it waits
   * @param count how often it asks
   * @return this
   */
  public TcpPoolBuilder keepAlive(Duration idle, Duration interval, int count) {
    return dialing(dialer -> dialer.keepAlive(idle, interval, count));
  }

  /**
   * This side's address, see {@link Dialer#bindTo}.
   *
   * @param address of this machine
   * @return this
   */
  public TcpPoolBuilder bindTo(InetAddress address) {
    return dialing(dialer -> dialer.bindTo(address));
  }

  private TcpPoolBuilder dialing(UnaryOperator<Dialer> change) {
    Dialer unused = change.apply(dialer()); // a mistake shows now, and not at the first dial
    dialing.add(change);
    return this;
  }

  /**
   * The settings of the pool itself: limits, timeouts, heartbeat, name.
   *
   * @param settings applied in the order of these calls
   * @return this
   */
  public TcpPoolBuilder pool(Consumer<PoolBuilder<TcpConn>> settings) {
    pooling.add(Objects.requireNonNull(settings, "pool"));
    return this;
  }

  /**
   * Takes over the settings of an ancestor, to be refined by later calls: gtcp's package format, no
   * limit of connections, no heartbeat, an idle limit of 600 s, its dial timeout of 30 s.
   *
   * @param ancestor {@code gtcp}
   * @return this
   */
  public TcpPoolBuilder compat(String ancestor) {
    if (!"gtcp".equals(ancestor)) {
      throw new IllegalArgumentException("compat must be gtcp, but is " + ancestor);
    }
    return framing(Framing.lengthPrefixed())
        .pool(pool -> pool.compat(ancestor).dialTimeout(Duration.ofSeconds(30)));
  }

  /**
   * Starts the pool.
   *
   * @return the pool; to be closed by the caller
   * @throws IllegalArgumentException if settings contradict each other
   */
  public TcpPool build() {
    TcpTransport transport = new TcpTransport(settings());
    PoolBuilder<TcpConn> builder = ConnPool.builder(transport);
    pooling.forEach(change -> change.accept(builder));
    return new TcpPool(builder.build(), transport, framing, timeout);
  }

  /** For whoever brings his own pool, or none. */
  TcpTransport transport() {
    return new TcpTransport(settings());
  }

  Duration timeout() {
    return timeout;
  }

  /** For messages: where to. */
  @Override
  public String toString() {
    return endpoint != null ? endpoint.toString() : "unix:" + unix;
  }

  private TcpSettings settings() {
    return new TcpSettings(
        dialer(),
        endpoint,
        resolver,
        tls,
        framing,
        timeout,
        probeAfter.toNanos(),
        dnsRefresh,
        retry,
        drain,
        greeting);
  }

  private Dialer dialer() {
    Dialer dialer =
        endpoint != null
            ? Dialer.to(endpoint, resolver)
            : Dialer.toUnix(Objects.requireNonNull(unix, "unix"));
    for (UnaryOperator<Dialer> change : dialing) {
      dialer = change.apply(dialer);
    }
    return dialer;
  }
}
