package io.connpool;

/**
 * Something done with a connection that has no result.
 *
 * @param <C> the type of the connection
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Action<C, X extends Exception> {
  /**
   * Uses the connection, which belongs to this call until it returns.
   *
   * @param connection the connection; not to be kept
   * @throws X if it failed; the transport's verdict decides about the connection
   * @throws InterruptedException as for {@link Call#with}
   */
  void with(C connection) throws X, InterruptedException;
}
