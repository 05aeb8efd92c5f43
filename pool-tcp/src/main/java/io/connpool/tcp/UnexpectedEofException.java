package io.connpool.tcp;

import java.io.EOFException;

/** The peer finished before it had sent what was waited for. */
public final class UnexpectedEofException extends EOFException {
  private static final long serialVersionUID = 1L;

  /** What had come, never changed. */
  private final byte[] partial;

  UnexpectedEofException(String message, byte[] partial) {
    super(message);
    this.partial = partial;
  }

  /**
   * What had come before the end.
   *
   * @return a copy; empty if the end came first
   */
  public byte[] partial() {
    return partial.clone();
  }
}
