package io.connpool.persistent;

import java.time.Duration;

/**
 * Is told what becomes of a {@link PersistentConnection}. Called in order, on the thread that
 * dials, so a method that blocks holds up the next dial; what it throws is logged.
 */
public interface PersistentListener {

  /**
   * The state has changed.
   *
   * @param before the state until now
   * @param now the state from now on
   */
  default void onState(PersistentConnection.State before, PersistentConnection.State now) {}

  /**
   * A dial has failed.
   *
   * @param attempt how many have failed in a row, 1 for the first
   * @param pause how long until the next one
   * @param cause why
   */
  default void onDialFailed(int attempt, Duration pause, Throwable cause) {}

  /**
   * The connection is lost.
   *
   * @param epoch which one
   * @param cause why
   */
  default void onLost(long epoch, Throwable cause) {}
}
