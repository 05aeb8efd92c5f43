package io.connpool.tcp;

import java.io.IOException;

/** So many writes wait already that one more would only be late. Nothing of it was written. */
public final class WriteQueueFullException extends IOException {
  private static final long serialVersionUID = 1L;

  WriteQueueFullException(String message) {
    super(message);
  }
}
