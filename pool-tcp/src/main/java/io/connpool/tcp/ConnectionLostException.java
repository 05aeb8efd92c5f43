package io.connpool.tcp;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A persistent connection was lost in the middle of something, or before it could begin. What was
 * begun on one connection is never continued on the next.
 */
public final class ConnectionLostException extends IOException {
  private static final long serialVersionUID = 1L;

  /** {@code read} or {@code write}. */
  private final String operation;

  /** How many bytes it had done. */
  private final long bytesDone;

  ConnectionLostException(
      String operation, Object peer, long bytesDone, @Nullable Throwable cause) {
    super(
        "%s of %s: the connection was lost after %d bytes of it"
            .formatted(operation, peer, bytesDone),
        cause);
    this.operation = operation;
    this.bytesDone = bytesDone;
  }

  /**
   * What was going on.
   *
   * @return {@code read} or {@code write}
   */
  public String operation() {
    return operation;
  }

  /**
   * How much of it was done.
   *
   * @return bytes handed to the kernel, or read; 0 or more
   */
  public long bytesDone() {
    return bytesDone;
  }
}
