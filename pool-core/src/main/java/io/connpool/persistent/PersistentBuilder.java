package io.connpool.persistent;

import io.connpool.Transport;
import java.time.Duration;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link PersistentConnection}. Not thread safe. Bad values are refused at once, with
 * the value.
 *
 * @param <C> the type of the connection
 */
public final class PersistentBuilder<C> {

  /** What a new connection begins with. */
  @FunctionalInterface
  public interface Handshake<C> {
    /**
     * Logs in, subscribes, and so on.
     *
     * @param connection just dialed; nobody else has it yet
     * @throws Exception if it is of no use; counts as a dial that failed
     */
    void greet(C connection) throws Exception;
  }

  final Transport<C> transport;
  String name = "persistent";
  Duration min = Duration.ofSeconds(1);
  Duration max = Duration.ofMinutes(1);
  Duration stableAfter = Duration.ofSeconds(10);
  Duration dialTimeout = Duration.ofSeconds(5);
  Duration heartbeatInterval = Duration.ofMinutes(1);
  boolean failFast;
  @Nullable Handshake<? super C> handshake;
  PersistentListener listener = new PersistentListener() {};
  RandomGenerator random = RandomGenerator.getDefault();

  PersistentBuilder(Transport<C> transport) {
    this.transport = Objects.requireNonNull(transport, "transport");
  }

  /**
   * The name in messages and of the threads.
   *
   * @param value not blank; default {@code persistent}
   * @return this
   */
  public PersistentBuilder<C> name(String value) {
    require(!Objects.requireNonNull(value, "name").isBlank(), "name", value, "not blank");
    name = value;
    return this;
  }

  /**
   * The pauses between dials that fail: random, at least min, at first up to three times min, twice
   * that after each further failure, never more than max.
   *
   * @param least at least a millisecond; default 1 s
   * @param most at least min; default 1 min
   * @return this
   */
  public PersistentBuilder<C> backoff(Duration least, Duration most) {
    require(least.toMillis() >= 1, "backoff min", least, "a millisecond or more");
    require(most.compareTo(least) >= 0, "backoff max", most, "at least min " + least);
    min = least;
    max = most;
    return this;
  }

  /**
   * How long a connection must have been up so that failures before it are forgotten, and the first
   * dial after it is begun at once.
   *
   * @param value zero or more; default 10 s
   * @return this
   */
  public PersistentBuilder<C> stableAfter(Duration value) {
    require(!value.isNegative(), "stableAfter", value, "zero or more");
    stableAfter = value;
    return this;
  }

  /**
   * The time of one dial, the handshake included; also the limit of a heartbeat.
   *
   * @param value more than zero; default 5 s
   * @return this
   */
  public PersistentBuilder<C> dialTimeout(Duration value) {
    require(!value.isNegative() && !value.isZero(), "dialTimeout", value, "more than zero");
    dialTimeout = value;
    return this;
  }

  /**
   * How often the connection gets a heartbeat while it is up; one that fails means that it is lost.
   *
   * @param value zero for never; default 1 min
   * @return this
   */
  public PersistentBuilder<C> heartbeatInterval(Duration value) {
    require(!value.isNegative(), "heartbeatInterval", value, "zero or more");
    heartbeatInterval = value;
    return this;
  }

  /**
   * Whether calls fail at once while the connection is down, instead of waiting for it within their
   * limit.
   *
   * @param value default false
   * @return this
   */
  public PersistentBuilder<C> failFast(boolean value) {
    failFast = value;
    return this;
  }

  /**
   * What each new connection begins with, before anybody can use it.
   *
   * @param value default nothing
   * @return this
   */
  public PersistentBuilder<C> onConnected(Handshake<? super C> value) {
    handshake = Objects.requireNonNull(value, "onConnected");
    return this;
  }

  /**
   * Who is told what happens.
   *
   * @param value default nobody
   * @return this
   */
  public PersistentBuilder<C> listener(PersistentListener value) {
    listener = Objects.requireNonNull(value, "listener");
    return this;
  }

  /** For tests. */
  PersistentBuilder<C> random(RandomGenerator value) {
    random = value;
    return this;
  }

  /**
   * Begins to dial, in the background. Returns at once.
   *
   * @return the connection; to be closed by the caller
   */
  public PersistentConnection<C> start() {
    PersistentConnection<C> connection = build();
    connection.start();
    return connection;
  }

  /**
   * As {@link #start()}, but dials nothing yet.
   *
   * @return the connection, {@link PersistentConnection.State#NEW}; to be closed by the caller
   */
  public PersistentConnection<C> build() {
    return new PersistentConnection<>(this);
  }

  private static void require(boolean holds, String setting, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(setting + " must be " + expected + ", but is " + value);
    }
  }
}
