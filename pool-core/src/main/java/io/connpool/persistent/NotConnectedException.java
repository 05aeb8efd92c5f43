package io.connpool.persistent;

import io.connpool.PoolException;
import org.jspecify.annotations.Nullable;

/**
 * The connection is down, and the caller would not or could not wait longer. The cause, if there is
 * one, is why it is down: the last dial failure, or what the connection was lost by.
 */
public final class NotConnectedException extends PoolException {
  private static final long serialVersionUID = 1L;

  NotConnectedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
