package io.connpool;

/**
 * One acquisition of a connection. Owned by whoever acquired it, who must end it exactly once, with
 * {@link #close()} when the connection is still good and {@link #invalidate()} when it is not.
 *
 * <p>A lease is fenced: once ended it can never touch the connection again, whoever has it by then.
 * Ending it twice changes nothing and is counted in {@link PoolStats#misuses()}; {@code close()}
 * after {@code invalidate()} is not misuse, so a lease may be invalidated inside a
 * try-with-resources statement.
 *
 * <p>Keep the lease as long as you use its connection: with a {@link PoolBuilder#leakThreshold} a
 * lease that is garbage collected without having been ended costs its connection.
 *
 * <p>Any thread may end a lease. None of these methods waits, dials or runs blocking code of the
 * user's.
 *
 * @param <C> the type of the connection
 */
public interface Lease<C> extends AutoCloseable {

  /**
   * The connection. Do not keep it beyond the lease.
   *
   * @return the connection, the same at every call
   * @throws IllegalStateException if this lease has ended
   */
  C get();

  /** Gives the connection back to the pool. Never throws. */
  @Override
  void close();

  /** Ends the lease and closes the connection: it broke, or what is left in it is unknown. */
  void invalidate();

  /**
   * As {@link #invalidate()}, and says why.
   *
   * @param cause what broke it, for the log
   */
  void invalidate(Throwable cause);
}
