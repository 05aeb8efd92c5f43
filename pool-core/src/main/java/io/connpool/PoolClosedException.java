package io.connpool;

/** The pool has been closed, before or while the caller waited. */
public final class PoolClosedException extends PoolException {
  private static final long serialVersionUID = 1L;

  /**
   * For the engine.
   *
   * @param message names the pool
   */
  public PoolClosedException(String message) {
    super(message, null);
  }
}
