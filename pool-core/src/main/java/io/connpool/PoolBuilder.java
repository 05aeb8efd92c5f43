package io.connpool;

import io.connpool.internal.ComposedTransport;
import io.connpool.internal.DefaultConnPool;
import io.connpool.internal.Description;
import io.connpool.internal.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a pool. Obtained from {@link ConnPool#builder}; not thread safe; may build several
 * pools.
 *
 * <p>Every method rejects nonsense at once with an {@link IllegalArgumentException} (null: {@link
 * NullPointerException}) that names the setting and quotes the value; settings that contradict each
 * other are rejected by {@link #build()}. Defaults:
 *
 * <pre>
 * maxActive 8              acquireTimeout 5 s     heartbeatInterval 60 s
 * minIdle 0                dialTimeout 5 s        idleTimeout 120 s
 * maxIdle = minIdle        dialAttempts 1         maxLifetime 30 min, +-10 %
 * hardMax 2 x maxActive    maxConcurrentDials     closeTimeout 10 s
 * whenExhausted WAIT         min(4, maxActive)    fair false
 * maxWaiters no limit      failFastAfter never    leakThreshold none
 * </pre>
 *
 * @param <C> the type of the connections
 */
public final class PoolBuilder<C> {
  private static final int UNSET = -1;

  private final Transport<C> transport;
  private Transport.@Nullable Heartbeat<? super C> heartbeat;
  private Transport.@Nullable Closer<? super C> closer;
  private @Nullable Function<? super C, Health> probe;
  private @Nullable BiFunction<? super C, ? super Throwable, Verdict> classifier;
  private final List<PoolListener> listeners = new ArrayList<>();

  private String name = "connpool";
  private int maxActive = 8;
  private int minIdle;
  private int maxIdle = UNSET;
  private int hardMax = UNSET;
  private WhenExhausted whenExhausted = WhenExhausted.WAIT;
  private boolean fair;
  private int maxWaiters;
  private Duration acquireTimeout = Duration.ofSeconds(5);
  private Duration dialTimeout = Duration.ofSeconds(5);
  private int dialAttempts = 1;
  private int maxConcurrentDials = UNSET;
  private int failFastAfter;
  private Duration heartbeatInterval = Duration.ofMinutes(1);
  private Duration idleTimeout = Duration.ofMinutes(2);
  private Duration maxLifetime = Duration.ofMinutes(30);
  private Duration closeTimeout = Duration.ofSeconds(10);
  private Duration leakThreshold = Duration.ZERO;
  private final Map<String, Object> attributes = new HashMap<>();

  PoolBuilder(Transport<C> transport) {
    this.transport = Objects.requireNonNull(transport, "transport");
  }

  private PoolBuilder(PoolBuilder<C> other) {
    transport = other.transport;
    heartbeat = other.heartbeat;
    closer = other.closer;
    probe = other.probe;
    classifier = other.classifier;
    listeners.addAll(other.listeners);
    name = other.name;
    maxActive = other.maxActive;
    minIdle = other.minIdle;
    maxIdle = other.maxIdle;
    hardMax = other.hardMax;
    whenExhausted = other.whenExhausted;
    fair = other.fair;
    maxWaiters = other.maxWaiters;
    acquireTimeout = other.acquireTimeout;
    dialTimeout = other.dialTimeout;
    dialAttempts = other.dialAttempts;
    maxConcurrentDials = other.maxConcurrentDials;
    failFastAfter = other.failFastAfter;
    heartbeatInterval = other.heartbeatInterval;
    idleTimeout = other.idleTimeout;
    maxLifetime = other.maxLifetime;
    closeTimeout = other.closeTimeout;
    leakThreshold = other.leakThreshold;
    attributes.putAll(other.attributes);
    keepMaxIdleReady = other.keepMaxIdleReady;
  }

  /**
   * The round trip that proves a connection works; wins over the transport's own.
   *
   * @param function throws if the connection is dead; see {@link Transport#heartbeat}
   * @return this
   */
  public PoolBuilder<C> heartbeat(Transport.Heartbeat<? super C> function) {
    heartbeat = Objects.requireNonNull(function, "heartbeat");
    return this;
  }

  /**
   * How to close a connection; wins over the transport's own. Without it the connection must be
   * {@link AutoCloseable}.
   *
   * @param function see {@link Transport#close}
   * @return this
   */
  public PoolBuilder<C> close(Transport.Closer<? super C> function) {
    closer = Objects.requireNonNull(function, "close");
    return this;
  }

  /**
   * The local look before each loan; wins over the transport's own. For a {@code SocketChannel} use
   * {@code io.connpool.net.Probe::check}.
   *
   * @param function see {@link Transport#probe}; must not block
   * @return this
   */
  public PoolBuilder<C> probe(Function<? super C, Health> function) {
    probe = Objects.requireNonNull(function, "probe");
    return this;
  }

  /**
   * What a failure of a {@link ConnPool#call} body means; wins over the transport's own.
   *
   * @param function see {@link Transport#classify}; must not block
   * @return this
   */
  public PoolBuilder<C> classify(BiFunction<? super C, ? super Throwable, Verdict> function) {
    classifier = Objects.requireNonNull(function, "classify");
    return this;
  }

  /**
   * Adds a listener, which is told what happens in the pool.
   *
   * @param value told after those added before; may listen to several pools, which may then call it
   *     at the same time
   * @return this
   */
  public PoolBuilder<C> listener(PoolListener value) {
    listeners.add(Objects.requireNonNull(value, "listener"));
    return this;
  }

  /**
   * The pool's name in messages and thread names.
   *
   * @param value not blank; default {@code connpool}
   * @return this
   */
  public PoolBuilder<C> name(String value) {
    require(!Objects.requireNonNull(value, "name").isBlank(), "name", value, "not blank");
    name = value;
    return this;
  }

  /**
   * Most connections at once.
   *
   * @param value 0 for no limit; default 8
   * @return this
   */
  public PoolBuilder<C> maxActive(int value) {
    require(value >= 0, "maxActive", value, "0 (no limit) or more");
    maxActive = value;
    return this;
  }

  /**
   * How many idle connections are kept ready, dialed in the background, as far as maxActive allows.
   *
   * @param value 0 or more, at most maxActive; default 0
   * @return this
   */
  public PoolBuilder<C> minIdle(int value) {
    require(value >= 0, "minIdle", value, "0 or more");
    minIdle = value;
    return this;
  }

  /**
   * How many idle connections never expire: the most recently used ones. Others are closed after
   * the idle timeout, not on the instant of their release. Clamped to maxActive; raised to minIdle.
   *
   * @param value 0 or more; default minIdle
   * @return this
   */
  public PoolBuilder<C> maxIdle(int value) {
    require(value >= 0, "maxIdle", value, "0 or more");
    maxIdle = value;
    return this;
  }

  /**
   * Most connections at once with {@link WhenExhausted#OVERFLOW}.
   *
   * @param value at least maxActive; default twice maxActive; an error with another policy
   * @return this
   */
  public PoolBuilder<C> hardMax(int value) {
    require(value >= 1, "hardMax", value, "1 or more");
    hardMax = value;
    return this;
  }

  /**
   * What an acquire does when maxActive connections are out.
   *
   * @param value default {@link WhenExhausted#WAIT}
   * @return this
   */
  public PoolBuilder<C> whenExhausted(WhenExhausted value) {
    whenExhausted = Objects.requireNonNull(value, "whenExhausted");
    return this;
  }

  /**
   * Whether waiters are served strictly in the order of their arrival. Costs throughput under
   * contention: every release then wakes a thread.
   *
   * @param value default false: a waiter that was overtaken once gets the next release
   * @return this
   */
  public PoolBuilder<C> fair(boolean value) {
    fair = value;
    return this;
  }

  /**
   * How many callers may wait at once. One more is refused with {@link PoolExhaustedException}, so
   * that an overload is told at once instead of piling up.
   *
   * @param value 0 for no limit; default 0
   * @return this
   */
  public PoolBuilder<C> maxWaiters(int value) {
    require(value >= 0, "maxWaiters", value, "0 (no limit) or more");
    maxWaiters = value;
    return this;
  }

  /**
   * How long {@link ConnPool#acquire()} waits.
   *
   * @param value zero for not at all; default 5 s
   * @return this
   */
  public PoolBuilder<C> acquireTimeout(Duration value) {
    acquireTimeout = notNegative("acquireTimeout", value);
    return this;
  }

  /**
   * The time of one dial attempt, its first heartbeat included; also the limit of any later
   * heartbeat and of a close.
   *
   * @param value more than zero; default 5 s
   * @return this
   */
  public PoolBuilder<C> dialTimeout(Duration value) {
    notNegative("dialTimeout", value);
    require(!value.isZero(), "dialTimeout", value, "more than zero");
    dialTimeout = value;
    return this;
  }

  /**
   * How many attempts a dial episode makes before it fails the caller it was begun for. The pause
   * between them grows from 50 ms and is random.
   *
   * @param value 1 or more; default 1
   * @return this
   */
  public PoolBuilder<C> dialAttempts(int value) {
    require(value >= 1, "dialAttempts", value, "1 or more");
    dialAttempts = value;
    return this;
  }

  /**
   * How many dials run at once, so that a burst of callers does not become a storm of dials.
   *
   * @param value 1 or more; default 4; never more than the pool may have
   * @return this
   */
  public PoolBuilder<C> maxConcurrentDials(int value) {
    require(value >= 1, "maxConcurrentDials", value, "1 or more");
    maxConcurrentDials = value;
    return this;
  }

  /**
   * Whether to fail fast while the endpoint is down: when so many dial episodes have failed in a
   * row and no connection exists, whoever waits and whoever comes fails at once with the cause, and
   * the pool goes on dialing, at least every half second, until one succeeds.
   *
   * @param episodes 0 for never: waiters then wait until their time is over; default 0
   * @return this
   */
  public PoolBuilder<C> failFastAfter(int episodes) {
    require(episodes >= 0, "failFastAfter", episodes, "0 (never) or more");
    failFastAfter = episodes;
    return this;
  }

  /**
   * How long a connection may be unused without a heartbeat: it gets one in the background, up to a
   * tenth earlier, and is never lent after a longer rest without one.
   *
   * @param value zero for no heartbeats but the first; default 60 s
   * @return this
   */
  public PoolBuilder<C> heartbeatInterval(Duration value) {
    heartbeatInterval = notNegative("heartbeatInterval", value);
    return this;
  }

  /**
   * How long an idle connection beyond maxIdle is kept.
   *
   * @param value zero for ever; default 120 s. Noticed within a tenth of it, or a second
   * @return this
   */
  public PoolBuilder<C> idleTimeout(Duration value) {
    idleTimeout = notNegative("idleTimeout", value);
    return this;
  }

  /**
   * How old a connection gets. Each one draws its own limit, up to a tenth shorter or longer, so
   * that a pool never expires all at once; a leased one finishes first.
   *
   * @param value zero for no limit; default 30 min
   * @return this
   */
  public PoolBuilder<C> maxLifetime(Duration value) {
    maxLifetime = notNegative("maxLifetime", value);
    return this;
  }

  /**
   * How long {@link ConnPool#close()} waits for leases before it closes their connections.
   *
   * @param value zero for not at all; default 10 s
   * @return this
   */
  public PoolBuilder<C> closeTimeout(Duration value) {
    closeTimeout = notNegative("closeTimeout", value);
    return this;
  }

  /**
   * Watches leases. One that is out for longer than this is reported once, to the log and to
   * listeners, with the stack that took it and what that thread does now, and once more when it
   * comes back. A lease that is garbage collected without having been closed is reported too; its
   * connection is closed and its place free again, so keep the lease as long as you use its
   * connection. A time-out then shows where the waiting thread took what it holds already.
   *
   * @param value zero not to watch, which costs nothing; else each lease costs a few microseconds
   *     for its stack; default zero. Noticed within a tenth of it, or a second
   * @return this
   */
  public PoolBuilder<C> leakThreshold(Duration value) {
    leakThreshold = notNegative("leakThreshold", value);
    return this;
  }

  /**
   * Attaches something that every dial can read from {@link DialContext#attributes()}.
   *
   * @param key not blank
   * @param value not null; shared by all dials, so it should be immutable. Never printed: it may be
   *     a secret
   * @return this
   */
  public PoolBuilder<C> attribute(String key, Object value) {
    require(
        !Objects.requireNonNull(key, "attribute key").isBlank(), "attribute key", key, "not blank");
    attributes.put(key, Objects.requireNonNull(value, () -> "attribute '" + key + "'"));
    return this;
  }

  /**
   * Takes over every setting of another pool, its name and attributes included.
   *
   * @param config of another pool; see {@link ConnPool#effectiveConfig()}
   * @return this
   */
  public PoolBuilder<C> settings(PoolConfig config) {
    Objects.requireNonNull(config, "settings");
    attributes.clear();
    attributes.putAll(config.attributes());
    hardMax = config.whenExhausted() == WhenExhausted.OVERFLOW ? config.hardMax() : UNSET;
    return name(config.name())
        .maxActive(config.maxActive())
        .minIdle(config.minIdle())
        .maxIdle(config.maxIdle())
        .whenExhausted(config.whenExhausted())
        .fair(config.fair())
        .maxWaiters(config.maxWaiters())
        .acquireTimeout(config.acquireTimeout())
        .dialTimeout(config.dialTimeout())
        .dialAttempts(config.dialAttempts())
        .maxConcurrentDials(config.maxConcurrentDials())
        .failFastAfter(config.failFastAfter())
        .heartbeatInterval(config.heartbeatInterval())
        .idleTimeout(config.idleTimeout())
        .maxLifetime(config.maxLifetime())
        .closeTimeout(config.closeTimeout())
        .leakThreshold(config.leakThreshold());
  }

  /**
   * Takes over the settings of an ancestor, to be refined by later calls.
   *
   * <ul>
   *   <li>{@code connpool}: maxActive 1, minIdle = maxIdle (what a heartbeat kills is dialed again)
   *   <li>{@code gtcp}: no limit, no heartbeat, the documented idle limit of 600 s
   * </ul>
   *
   * @param ancestor {@code connpool} or {@code gtcp}
   * @return this
   */
  public PoolBuilder<C> compat(String ancestor) {
    switch (Objects.requireNonNull(ancestor, "compat")) {
      case "connpool" -> {
        maxActive(1);
        keepMaxIdleReady = true;
      }
      case "gtcp" -> maxActive(0).heartbeatInterval(Duration.ZERO).idleTimeout(GTCP_IDLE_LIMIT);
      default -> require(false, "compat", ancestor, "one of connpool, gtcp");
    }
    return this;
  }

  /** What gtcp's manual promises; its source used 3, 60, 30 and 10 s at various times. */
  private static final Duration GTCP_IDLE_LIMIT = Duration.ofMinutes(10);

  /** The connpool ancestor has one number for both; set by {@link #compat}. */
  private boolean keepMaxIdleReady;

  /**
   * Starts the pool. Returns at once; minIdle connections are dialed in the background.
   *
   * @return a pool that the caller must close
   * @throws IllegalArgumentException if settings contradict each other
   */
  public ConnPool<C> build() {
    config(); // a pool that makes no sense does not even get a thread
    return build(Environment.system(name));
  }

  /** For the test kit: a pool in a world whose time the test moves. */
  ConnPool<C> build(Environment environment) {
    DefaultConnPool<C> pool =
        new DefaultConnPool<>(
            new Described<>(new PoolBuilder<>(this), config()),
            new ComposedTransport<>(name, transport, heartbeat, closer, probe, classifier),
            listeners,
            environment);
    pool.open(List.copyOf(listeners));
    return pool;
  }

  /** A builder that nobody changes any more, and what it comes to. */
  private record Described<C>(PoolBuilder<C> builder, PoolConfig config)
      implements Description<PoolBuilder<C>> {
    @Override
    public Described<C> changed(UnaryOperator<PoolBuilder<C>> change) {
      PoolBuilder<C> next = new PoolBuilder<>(builder);
      require(change.apply(next) == next, "change", change, "a change of the builder it is given");
      require(next.name.equals(builder.name), "name", next.name, "left as it is");
      require(
          next.attributes.equals(builder.attributes),
          "attribute",
          next.attributes.keySet(), // the values may be secrets
          "left as it is");
      require(
          next.heartbeat == builder.heartbeat
              && next.closer == builder.closer
              && next.probe == builder.probe
              && next.classifier == builder.classifier
              && next.listeners.equals(builder.listeners),
          "heartbeat, close, probe, classify and listener",
          "changed",
          "left as they are");
      return new Described<>(next, next.config());
    }
  }

  private PoolConfig config() {
    boolean overflow = whenExhausted == WhenExhausted.OVERFLOW;
    require(
        maxActive == 0 || minIdle <= maxActive,
        "minIdle",
        minIdle,
        "at most maxActive " + maxActive);
    require(!overflow || maxActive > 0, "maxActive", maxActive, "1 or more with OVERFLOW");
    require(
        overflow || hardMax == UNSET,
        "hardMax",
        hardMax,
        "used with OVERFLOW, not " + whenExhausted);
    require(
        hardMax == UNSET || hardMax >= maxActive,
        "hardMax",
        hardMax,
        "at least maxActive " + maxActive);
    int most = maxActive == 0 ? Integer.MAX_VALUE : maxActive;
    int idleKept = Math.min(most, Math.max(maxIdle, minIdle));
    int dials = maxConcurrentDials == UNSET ? 4 : maxConcurrentDials;
    int ceiling = overflow ? (hardMax == UNSET ? doubled(maxActive) : hardMax) : maxActive;
    return new PoolConfig(
        name,
        maxActive,
        keepMaxIdleReady ? idleKept : minIdle,
        idleKept,
        ceiling,
        whenExhausted,
        fair,
        maxWaiters,
        acquireTimeout,
        dialTimeout,
        dialAttempts,
        ceiling == 0 ? dials : Math.min(dials, ceiling),
        failFastAfter,
        heartbeatInterval,
        idleTimeout,
        maxLifetime,
        closeTimeout,
        leakThreshold,
        Map.copyOf(attributes));
  }

  private static int doubled(int value) {
    return (int) Math.min(Integer.MAX_VALUE, 2L * value);
  }

  private static Duration notNegative(String setting, Duration value) {
    require(!Objects.requireNonNull(value, setting).isNegative(), setting, value, "not negative");
    return value;
  }

  private static void require(boolean holds, String setting, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(setting + " must be " + expected + ", but is " + value);
    }
  }
}
