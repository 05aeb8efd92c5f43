package io.connpool;

import org.jspecify.annotations.Nullable;

/** A pool could not give a connection. The subclass says why. */
public class PoolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * For subclasses and for transports.
   *
   * @param message what happened, with the pool's name
   * @param cause what led to it, or null
   */
  public PoolException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
