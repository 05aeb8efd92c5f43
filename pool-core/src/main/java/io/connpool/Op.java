package io.connpool;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a pool may know about an operation before it is made, so that it can do more for it than
 * hand out a connection. Immutable.
 *
 * <pre>{@code
 * Balance balance = pool.call(Op.idempotent(), connection -> ask(connection, account));
 * }</pre>
 */
public final class Op {
  private static final Op IDEMPOTENT = new Op(null);

  private final @Nullable Duration timeout;

  private Op(@Nullable Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * An operation that does no harm when it is executed twice, such as a question: {@link
   * ConnPool#call(Op, Call)} makes it once more if its connection turns out to have gone stale.
   *
   * @return limited by the acquire timeout of the pool
   */
  public static Op idempotent() {
    return IDEMPOTENT;
  }

  /**
   * The same operation with its own limit for acquiring connections, the second one included.
   *
   * @param timeout zero for not waiting at all
   * @return a new operation
   * @throws IllegalArgumentException if it is negative
   */
  public Op within(Duration timeout) {
    if (Objects.requireNonNull(timeout, "timeout").isNegative()) {
      throw new IllegalArgumentException("timeout must not be negative, but is " + timeout);
    }
    return new Op(timeout);
  }

  /**
   * The operation's own limit.
   *
   * @param usual what counts if it has none
   * @return zero or more
   */
  public Duration timeoutOr(Duration usual) {
    return timeout == null ? usual : timeout;
  }

  /** For messages. */
  @Override
  public String toString() {
    return timeout == null ? "Op[idempotent]" : "Op[idempotent, within " + timeout + "]";
  }
}
