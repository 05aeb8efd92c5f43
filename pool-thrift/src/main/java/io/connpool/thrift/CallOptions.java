package io.connpool.thrift;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How to make calls, where that differs from what the pool was built with. Immutable; each method
 * gives new options.
 *
 * <pre>{@code
 * Echo.Iface quick = pool.client(CallOptions.timeout(ofMillis(50)).idempotent());
 * }</pre>
 */
public final class CallOptions {
  /** As the pool was built. */
  public static final CallOptions DEFAULT = new CallOptions(null, false, Set.of(), true);

  private final @Nullable Duration timeout;
  private final boolean allIdempotent;
  private final Set<String> idempotent;
  private final boolean retries;

  private CallOptions(
      @Nullable Duration timeout, boolean allIdempotent, Set<String> idempotent, boolean retries) {
    this.timeout = timeout;
    this.allIdempotent = allIdempotent;
    this.idempotent = idempotent;
    this.retries = retries;
  }

  /**
   * A limit of its own for each call.
   *
   * @param value more than zero; everything from getting a connection to the last byte of the
   *     answer, retries included
   * @return the options
   * @throws IllegalArgumentException if it is not more than zero
   */
  public static CallOptions timeout(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("timeout must be more than zero, but is " + value);
    }
    return new CallOptions(value, false, Set.of(), true);
  }

  /**
   * Every call made with these options may run twice without harm, so it is made again even if it
   * may have run.
   *
   * @return new options
   */
  public CallOptions idempotent() {
    return new CallOptions(timeout, true, idempotent, retries);
  }

  /**
   * As {@link #idempotent()}, for some methods. Does not apply to lambdas.
   *
   * @param methods their names, as in the IDL
   * @return new options
   */
  public CallOptions idempotent(String... methods) {
    Set<String> more = new HashSet<>(idempotent);
    more.addAll(List.of(methods));
    return new CallOptions(timeout, allIdempotent, Set.copyOf(more), retries);
  }

  /**
   * Nothing is made again, not even what certainly did not run: for callers with a retry policy of
   * their own, or whose failures should be fast.
   *
   * @return new options
   */
  public CallOptions withoutRetries() {
    return new CallOptions(timeout, allIdempotent, idempotent, false);
  }

  Duration timeoutOr(Duration other) {
    return timeout == null ? other : timeout;
  }

  boolean retries() {
    return retries;
  }

  boolean isIdempotent() {
    return allIdempotent;
  }

  boolean isIdempotent(String method) {
    return allIdempotent || idempotent.contains(method);
  }

  /** The methods that were named. */
  Set<String> idempotentMethods() {
    return idempotent;
  }
}
