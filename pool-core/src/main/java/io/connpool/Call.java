package io.connpool;

import org.jspecify.annotations.Nullable;

/**
 * Something done with a connection that has a result.
 *
 * @param <C> the type of the connection
 * @param <R> the type of the result
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Call<C, R extends @Nullable Object, X extends Exception> {
  /**
   * Uses the connection, which belongs to this call until it returns.
   *
   * @param connection the connection; not to be kept
   * @return the result
   * @throws X if it failed; the transport's verdict decides about the connection
   * @throws InterruptedException if the thread was interrupted; passed on as it is, so a body that
   *     may wait needs no wider X
   */
  R with(C connection) throws X, InterruptedException;
}
