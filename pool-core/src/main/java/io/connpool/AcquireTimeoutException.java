package io.connpool;

import org.jspecify.annotations.Nullable;

/**
 * No connection became available in time. The cause, if there is one, is the pool's last dial
 * failure. If the thread that waited holds leases of the same pool, the message says so; with a
 * {@link PoolBuilder#leakThreshold} the suppressed throwables show where it took them.
 */
public final class AcquireTimeoutException extends PoolException {
  private static final long serialVersionUID = 1L;

  /** What the caller was waiting for. */
  private final Phase phase;

  private final transient PoolStats stats;

  /** What the caller was waiting for when its time ran out. */
  public enum Phase {
    /** All connections the policy allows were out. */
    RELEASE,
    /** A connection was being dialed, or checked after a long rest. */
    DIAL,
    /** The last dial failed and the pause before the next one was not over. */
    BACKOFF
  }

  /**
   * For the engine.
   *
   * @param message names the pool, the phase, the figures and the knob to turn
   * @param phase what ran out
   * @param stats the pool at that moment
   * @param lastDialFailure the last dial failure since the last success, or null
   */
  public AcquireTimeoutException(
      String message, Phase phase, PoolStats stats, @Nullable Throwable lastDialFailure) {
    super(message, lastDialFailure);
    this.phase = phase;
    this.stats = stats;
  }

  /**
   * What the caller was waiting for.
   *
   * @return the phase that ran out
   */
  public Phase phase() {
    return phase;
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
