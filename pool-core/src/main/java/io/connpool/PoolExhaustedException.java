package io.connpool;

/**
 * Every connection the policy allows is out, and the policy ({@link WhenExhausted#FAIL}, or {@link
 * WhenExhausted#OVERFLOW} at its {@code hardMax}) says not to wait.
 */
public final class PoolExhaustedException extends PoolException {
  private static final long serialVersionUID = 1L;
  private final transient PoolStats stats;

  /**
   * For the engine.
   *
   * @param message names the pool, the limit and the knob
   * @param stats the pool at that moment
   */
  public PoolExhaustedException(String message, PoolStats stats) {
    super(message, null);
    this.stats = stats;
  }

  /**
   * The pool at the moment of the failure.
   *
   * @return the figures; not kept by serialization
   */
  public PoolStats stats() {
    return stats;
  }
}
