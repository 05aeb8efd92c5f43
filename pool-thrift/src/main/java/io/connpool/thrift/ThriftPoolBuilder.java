package io.connpool.thrift;

import io.connpool.Action;
import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import io.connpool.mux.MuxConnection;
import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import io.connpool.net.Wire;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.thrift.TConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link ThriftPool}. Obtained from {@link ThriftPool#builder}; not thread safe; may
 * build several pools. Every method rejects nonsense at once and quotes the value.
 *
 * <pre>
 * framed                   callTimeout 5 s            heartbeat: a look at the socket
 * binary                   connectTimeout 5 s         probeAfter 10 ms
 * maxMessageSize 16384000  and those of the core's {@link PoolBuilder}
 * </pre>
 *
 * @param <I> the service's generated interface
 */
public final class ThriftPoolBuilder<I> {
  private final Class<I> type;
  private Service<I> service;
  private @Nullable Endpoint endpoint;
  private @Nullable Path socketFile;
  private @Nullable URI mux;
  private @Nullable Tls tls;
  private boolean framed = true;
  private Encoding encoding = Encoding.BINARY;
  private int maxMessageSize = TConfiguration.DEFAULT_MAX_FRAME_SIZE;
  private @Nullable TransportWrapper wrapper;
  private Duration callTimeout = Duration.ofSeconds(5);
  private @Nullable Duration probeAfter;
  private CallOptions options = CallOptions.DEFAULT;
  private @Nullable HeartbeatKind<I> heartbeat;

  private final List<Consumer<? super PoolBuilder<?>>> poolSettings = new ArrayList<>();

  /** Takes every setting too, so that a mistake shows at once. */
  private final PoolBuilder<?> trial =
      ConnPool.builder(
          context -> {
            throw new IllegalStateException("never dialed");
          });

  /** A heartbeat of the service that the pool will be for. */
  @FunctionalInterface
  private interface HeartbeatKind<I> {
    void on(Conversation talk, Service<I> service) throws Exception;
  }

  ThriftPoolBuilder(Class<I> type) {
    this.type = type;
    service = new Service<>(type, "");
  }

  // --- whom to speak to, and how ---

  /**
   * Where the server is.
   *
   * @param host a name or an address
   * @param port 1 to 65535
   * @return this
   */
  public ThriftPoolBuilder<I> endpoint(String host, int port) {
    return endpoint(Endpoint.of(host, port));
  }

  /**
   * Where the server is.
   *
   * @param value a host and a port
   * @return this
   */
  public ThriftPoolBuilder<I> endpoint(Endpoint value) {
    endpoint = Objects.requireNonNull(value, "endpoint");
    socketFile = null;
    mux = null;
    return this;
  }

  /**
   * The server listens on a unix socket.
   *
   * @param socket the socket's file, which need not exist yet
   * @return this
   */
  public ThriftPoolBuilder<I> unix(Path socket) {
    socketFile = Objects.requireNonNull(socket, "unix");
    endpoint = null;
    mux = null;
    return this;
  }

  /**
   * The server is a {@link ThriftMuxServer}: all callers share a connection, and their calls are
   * answered in any order. Nothing else about the pool's clients changes, but that
   *
   * <ul>
   *   <li>a call that fails, by its time-out or an interrupt too, costs no connection, and the
   *       server learns that nobody waits for the answer any more;
   *   <li>calls may overtake each other, those of one lease or one body only if it does not wait
   *       for them: one-way calls.
   * </ul>
   *
   * @param uri {@code mux://host:port}, {@code mux+tls://host:port} or {@code mux+unix:///path},
   *     with any options of the mux and of the pool; see {@link io.connpool.mux}
   * @return this
   * @throws IllegalArgumentException if there is something in it that is not understood
   */
  public ThriftPoolBuilder<I> over(String uri) {
    URI value = URI.create(uri);
    PoolBuilder<MuxConnection> unused = shared(value); // a mistake shows now
    mux = value;
    endpoint = null;
    socketFile = null;
    return this;
  }

  /**
   * The server speaks TLS. The handshake, with the check of the host's name, is part of the dial.
   *
   * @param value whom to trust, and who we are
   * @return this
   */
  public ThriftPoolBuilder<I> tls(Tls value) {
    tls = Objects.requireNonNull(value, "tls");
    return this;
  }

  /**
   * Messages have their length before them, as {@code TFramedTransport} writes them and all
   * non-blocking servers expect them. The default.
   *
   * @return this
   */
  public ThriftPoolBuilder<I> framed() {
    framed = true;
    return this;
  }

  /**
   * Messages follow one another without lengths, as blocking servers expect them by default.
   *
   * @return this
   */
  public ThriftPoolBuilder<I> buffered() {
    framed = false;
    return this;
  }

  /**
   * {@code TBinaryProtocol}, strict. The default.
   *
   * @return this
   */
  public ThriftPoolBuilder<I> binary() {
    return encoding(Encoding.BINARY);
  }

  /**
   * {@code TCompactProtocol}.
   *
   * @return this
   */
  public ThriftPoolBuilder<I> compact() {
    return encoding(Encoding.COMPACT);
  }

  /**
   * {@code TJSONProtocol}.
   *
   * @return this
   */
  public ThriftPoolBuilder<I> json() {
    return encoding(Encoding.JSON);
  }

  ThriftPoolBuilder<I> encoding(Encoding value) {
    encoding = value;
    return this;
  }

  /**
   * The service is one of several behind a {@code TMultiplexedProcessor}.
   *
   * @param name what it is registered as there; not empty
   * @return this
   */
  public ThriftPoolBuilder<I> service(String name) {
    require(!name.isBlank(), "service", name, "not blank");
    service = new Service<>(type, name);
    return this;
  }

  /**
   * Most bytes of a request or an answer. A larger request is not sent; of a larger answer nothing
   * is read but the begin.
   *
   * @param bytes 1 or more; default 16,384,000, libthrift's limit for frames
   * @return this
   */
  public ThriftPoolBuilder<I> maxMessageSize(int bytes) {
    require(bytes >= 1, "maxMessageSize", bytes, "1 or more");
    maxMessageSize = bytes;
    return this;
  }

  /**
   * Lays something over the socket of each connection, such as SASL.
   *
   * @param value makes it
   * @return this
   */
  public ThriftPoolBuilder<I> wrap(TransportWrapper value) {
    wrapper = Objects.requireNonNull(value, "wrap");
    return this;
  }

  // --- calls ---

  /**
   * The time of one call: getting a connection, its dial included, the request, the answer, and all
   * of it again if it is made again.
   *
   * @param value more than zero; default 5 s
   * @return this
   */
  public ThriftPoolBuilder<I> callTimeout(Duration value) {
    require(!value.isNegative() && !value.isZero(), "callTimeout", value, "more than zero");
    callTimeout = value;
    return this;
  }

  /**
   * Methods that may run twice without harm, so that they are made again even if they may have run.
   *
   * @param methods their names, as in the IDL
   * @return this
   * @throws IllegalArgumentException if the service has no such method
   */
  public ThriftPoolBuilder<I> idempotent(String... methods) {
    options = ThriftPool.checked(service, options.idempotent(methods));
    return this;
  }

  // --- liveness ---

  /**
   * How long a connection may rest before a loan looks whether the server has closed it, which
   * costs two to three system calls. After a shorter rest it only looks for bytes that nobody asked
   * for. All connections are looked at when one of them was found closed, and idle ones every
   * second.
   *
   * @param value zero for before every loan; default 10 ms
   * @return this
   */
  public ThriftPoolBuilder<I> probeAfter(Duration value) {
    require(!value.isNegative(), "probeAfter", value, "not negative");
    probeAfter = value;
    return this;
  }

  /**
   * Asks the server for a method that cannot exist. It says so if it is alive, whatever its service
   * is. When it is asked is the core's {@code heartbeatInterval}.
   *
   * @return this
   */
  public ThriftPoolBuilder<I> heartbeatByUnknownMethod() {
    heartbeat = (talk, of) -> UnknownMethod.ask(talk.protocol(of.prefix()));
    return this;
  }

  /**
   * Makes a call of the service's own. When is the core's {@code heartbeatInterval}.
   *
   * @param call such as {@code client -> client.ping()}; what it throws means that the connection
   *     is dead
   * @return this
   */
  public ThriftPoolBuilder<I> heartbeat(Action<? super I, ?> call) {
    Objects.requireNonNull(call, "heartbeat");
    heartbeat = (talk, of) -> call.with(talk.client(of));
    return this;
  }

  // --- the pool of connections ---

  /**
   * Most connections at once.
   *
   * @param value as for {@link PoolBuilder#maxActive}
   * @return this
   */
  public ThriftPoolBuilder<I> maxActive(int value) {
    return pool(settings -> settings.maxActive(value));
  }

  /**
   * How many idle connections never expire.
   *
   * @param value as for {@link PoolBuilder#maxIdle}
   * @return this
   */
  public ThriftPoolBuilder<I> maxIdle(int value) {
    return pool(settings -> settings.maxIdle(value));
  }

  /**
   * What a call does when maxActive connections are out.
   *
   * @param value as for {@link PoolBuilder#whenExhausted}
   * @return this
   */
  public ThriftPoolBuilder<I> whenExhausted(WhenExhausted value) {
    return pool(settings -> settings.whenExhausted(value));
  }

  /**
   * The time of one dial, TLS, SASL and first heartbeat included.
   *
   * @param value as for {@link PoolBuilder#dialTimeout}
   * @return this
   */
  public ThriftPoolBuilder<I> connectTimeout(Duration value) {
    return pool(settings -> settings.dialTimeout(value));
  }

  /**
   * Any other setting of the core's.
   *
   * <pre>{@code
   * .pool(core -> core.minIdle(2).maxLifetime(Duration.ofMinutes(5)))
   * }</pre>
   *
   * @param settings is run now, and again when a pool is built
   * @return this
   */
  public ThriftPoolBuilder<I> pool(Consumer<? super PoolBuilder<?>> settings) {
    settings.accept(trial);
    poolSettings.add(settings);
    return this;
  }

  /**
   * Starts the pool. Returns at once; nothing is dialed before it is needed, unless minIdle says
   * so.
   *
   * @return a pool that the caller must close
   * @throws IllegalArgumentException if there is no endpoint, or settings contradict each other
   */
  public ThriftPool<I> build() {
    Calls<?> calls = mux == null ? exclusive() : shared();
    return new ThriftPool<>(service, place(), calls, callTimeout, options);
  }

  private Calls<ThriftConnection> exclusive() {
    return new Calls<>(place(), built(ConnPool.builder(transport())), connection -> connection);
  }

  private <C> ConnPool<C> built(PoolBuilder<C> settings) {
    settings.name("thrift-" + service + "-" + place());
    poolSettings.forEach(setting -> setting.accept(settings));
    return settings.build();
  }

  /** For pools that lend clients. */
  Transport<I> clientTransport() {
    return new ClientTransport<>(transport(), service, callTimeout);
  }

  private ThriftTransport transport() {
    Service<I> of = service;
    HeartbeatKind<I> kind = heartbeat;
    return new ThriftTransport(
        place(),
        opener(),
        new Dialect(framed, encoding, maxMessageSize, wrapper),
        probeAfter == null ? Duration.ofMillis(10) : probeAfter,
        kind == null ? null : connection -> kind.on(connection, of));
  }

  private Calls<MuxConnection> shared() {
    URI uri = Objects.requireNonNull(mux);
    require(tls == null, "tls", "set", "part of the URI over a mux: mux+tls://");
    require(framed, "framing", "buffered", "framed over a mux");
    require(wrapper == null, "wrap", "set", "used with connections of one caller, not over a mux");
    require(probeAfter == null, "probeAfter", "set", "unset over a mux, which hears of the end");
    String where = place();
    Encoding by = encoding;
    int most = maxMessageSize;
    PoolBuilder<MuxConnection> settings = shared(uri);
    HeartbeatKind<I> kind = heartbeat;
    if (kind != null) {
      Service<I> of = service;
      settings.heartbeat(
          (connection, limit) -> {
            MuxConversation talk = new MuxConversation(connection, where, by, most);
            talk.begin(Deadline.after(limit));
            kind.on(talk, of);
          });
    }
    return new Calls<>(
        where, built(settings), connection -> new MuxConversation(connection, where, by, most));
  }

  private static PoolBuilder<MuxConnection> shared(URI uri) {
    String scheme = String.valueOf(uri.getScheme());
    require(
        scheme.equals("mux") || scheme.startsWith("mux+"),
        "over",
        uri,
        "mux://host:port, mux+tls://host:port or mux+unix:///path");
    return ConnPool.builder(uri, MuxConnection.class)
        // What fails is a call and not the connection. Making it again is up to us: in time.
        .classify((connection, failure) -> connection.isOpen() ? Verdict.KEEP : Verdict.RETIRE);
  }

  private String place() {
    if (mux != null) {
      return mux.toString().replaceFirst("\\?.*", "");
    }
    return socketFile == null ? String.valueOf(endpoint) : "unix:" + socketFile;
  }

  private ThriftTransport.Opener opener() {
    Endpoint where = endpoint;
    Path file = socketFile;
    Tls security = tls;
    if (file != null) {
      require(security == null, "tls", "set", "used with an endpoint, not with a unix socket");
      Dialer dialer = Dialer.toUnix(file);
      return deadline -> Wire.over(dialer.connect(deadline));
    }
    if (where == null) {
      throw new IllegalArgumentException("endpoint must be set, but is missing");
    }
    Dialer dialer = Dialer.to(where);
    return security == null
        ? deadline -> Wire.over(dialer.connect(deadline))
        : deadline -> security.handshake(Wire.over(dialer.connect(deadline)), where, deadline);
  }

  private static void require(boolean holds, String setting, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(setting + " must be " + expected + ", but is " + value);
    }
  }
}
