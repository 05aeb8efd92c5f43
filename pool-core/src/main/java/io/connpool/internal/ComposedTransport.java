package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The user's transport with the builder's functions laid over it and a guard around those that run
 * inline, and the knowledge which of the optional methods do anything, so that the hot path need
 * not call those that do not.
 */
public final class ComposedTransport<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final String pool;
  private final Transport<C> transport;
  private final Transport.@Nullable Heartbeat<? super C> heartbeat;
  private final Transport.@Nullable Closer<? super C> closer;
  private final @Nullable Function<? super C, Health> probe;
  private final @Nullable BiFunction<? super C, ? super Throwable, Verdict> classifier;

  /** Whether {@link #heartbeat} does anything. */
  final boolean heartbeats;

  /** Whether {@link #probe} does anything. */
  final boolean probes;

  /** Whether {@link #beforeLoan} does anything. */
  final boolean looks;

  /** Whether {@link #onRelease} does anything. */
  final boolean inspects;

  /** Whether {@link #capacity} may say anything but 1. */
  final boolean mayShare;

  /** Whether a lease of a shared connection gets an object of its own. */
  final boolean givesShares;

  private final boolean weighs;
  private final boolean prepares;
  private final boolean closes;

  /**
   * Lays the functions, where not null, over the transport.
   *
   * @param pool the pool's name, for the log
   * @param transport the user's
   * @param heartbeat wins over the transport's
   * @param closer wins over the transport's
   * @param probe wins over the transport's
   * @param classifier wins over the transport's
   */
  public ComposedTransport(
      String pool,
      Transport<C> transport,
      Transport.@Nullable Heartbeat<? super C> heartbeat,
      Transport.@Nullable Closer<? super C> closer,
      @Nullable Function<? super C, Health> probe,
      @Nullable BiFunction<? super C, ? super Throwable, Verdict> classifier) {
    this.pool = pool;
    this.transport = transport;
    this.heartbeat = heartbeat;
    this.closer = closer;
    this.probe = probe;
    this.classifier = classifier;
    heartbeats = heartbeat != null || overrides("heartbeat", Object.class, Duration.class);
    probes = probe != null || overrides("probe", Object.class);
    prepares = overrides("onAcquire", Object.class);
    looks = probes || prepares;
    inspects = overrides("onRelease", Object.class);
    mayShare = overrides("capacity", Object.class);
    givesShares = overrides("share", Object.class);
    weighs = overrides("load", Object.class);
    closes = closer != null || overrides("close", Object.class, CloseReason.class);
  }

  /** Where it cannot be told (a native image without this metadata), the method is called. */
  private boolean overrides(String method, Class<?>... parameters) {
    try {
      return transport.getClass().getMethod(method, parameters).getDeclaringClass()
          != Transport.class;
    } catch (NoSuchMethodException cannotTell) {
      return true;
    }
  }

  /** Whether there is a way to close this connection. */
  boolean canClose(C connection) {
    return closes || connection instanceof AutoCloseable;
  }

  // --- may block and throw: called through a TimedCall ---

  C dial(DialContext context) throws Exception {
    return transport.dial(context);
  }

  void heartbeat(C connection, Duration limit) throws Exception {
    if (heartbeat != null) {
      heartbeat.check(connection, limit);
    } else {
      transport.heartbeat(connection, limit);
    }
  }

  void close(C connection, CloseReason reason) throws Exception {
    if (closer != null) {
      closer.close(connection);
    } else {
      transport.close(connection, reason);
    }
  }

  /** The stray bytes in a dirty connection, printable, or null if they are not known. */
  @Nullable String lastWords(C connection) {
    try {
      byte[] words = transport.lastWords(connection);
      return words.length == 0 ? null : Printable.of(words);
    } catch (Throwable failure) { // it was for the record only: the close goes on
      log("lastWords", failure);
      return null;
    }
  }

  // --- inline: whatever they throw, the answer is the cautious one ---

  Health probe(C connection) {
    try {
      Health health = probe != null ? probe.apply(connection) : transport.probe(connection);
      return Objects.requireNonNull(health, "probe");
    } catch (Throwable failure) {
      log("probe", failure);
      return Health.STALE;
    }
  }

  /** The probe, and what the transport does for the next holder. */
  Health beforeLoan(C connection) {
    Health health = probes ? probe(connection) : Health.UNKNOWN;
    return prepares && health.isUsable() ? onAcquire(connection) : health;
  }

  private Health onAcquire(C connection) {
    try {
      return Objects.requireNonNull(transport.onAcquire(connection), "onAcquire");
    } catch (Throwable failure) {
      log("onAcquire", failure);
      return Health.STALE;
    }
  }

  Health onRelease(C connection) {
    try {
      return Objects.requireNonNull(transport.onRelease(connection), "onRelease");
    } catch (Throwable failure) {
      log("onRelease", failure);
      return Health.STALE;
    }
  }

  int capacity(C connection) {
    try {
      return Math.max(0, Math.min(Slot.MOST_SHARES, transport.capacity(connection)));
    } catch (Throwable failure) {
      log("capacity", failure);
      return 1;
    }
  }

  int growAt(C connection) {
    try {
      return Math.max(1, transport.growAt(connection));
    } catch (Throwable failure) {
      log("growAt", failure);
      return Integer.MAX_VALUE;
    }
  }

  int load(C connection) {
    try {
      return weighs ? transport.load(connection) : 0;
    } catch (Throwable failure) {
      log("load", failure);
      return 0;
    }
  }

  C share(C connection) {
    try {
      return givesShares
          ? Objects.requireNonNull(transport.share(connection), "share")
          : connection;
    } catch (Throwable failure) {
      log("share", failure);
      return connection;
    }
  }

  Verdict classify(C connection, Throwable failure) {
    try {
      Verdict verdict =
          classifier != null
              ? classifier.apply(connection, failure)
              : transport.classify(connection, failure);
      return Objects.requireNonNull(verdict, "classify");
    } catch (Throwable defect) {
      log("classify", defect);
      return Verdict.CLOSE;
    }
  }

  private void log(String function, Throwable failure) {
    LOG.log(Level.WARNING, () -> "pool " + pool + ": " + function + " failed", failure);
  }
}
