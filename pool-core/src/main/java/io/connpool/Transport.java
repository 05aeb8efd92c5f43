package io.connpool;

import java.time.Duration;

/**
 * What a pool must know about one kind of connection: how to dial it, how to ask whether it still
 * works, and how to close it. Only {@link #dial} is abstract, so a lambda is a transport.
 *
 * <p><b>Where the methods run.</b> {@link #dial}, {@link #heartbeat} and {@link #close} may block:
 * they run on the pool's own threads, never on a caller's and never under a lock, and are cut off
 * from outside (the thread is interrupted) when their time is over. {@link #probe}, {@link
 * #onAcquire}, {@link #onRelease}, {@link #capacity}, {@link #load} and {@link #classify} run
 * inline on whatever thread needs the answer and must not block.
 *
 * <p><b>Ownership.</b> While one of these methods runs on an exclusive connection nobody else has
 * it. A shared connection ({@link #capacity} above 1) may be in use by its leases meanwhile.
 *
 * <p><b>Misbehaviour.</b> Whatever they throw, errors included, stays inside the pool: a failing
 * {@code dial} or {@code heartbeat} is a failed attempt, a failing {@code probe}, {@code onAcquire}
 * or {@code onRelease} means the connection is broken, a failing {@code close} is counted and
 * logged. A call that never returns costs one thread and blocks nobody.
 *
 * <p>Implementations must be safe for use by several threads at once.
 *
 * @param <C> the type of the connections
 */
@FunctionalInterface
public interface Transport<C> {

  /**
   * Opens one new connection. The pool owns the result and passes it to {@link #close} exactly
   * once. A result that arrives after the attempt was cut off is closed at once.
   *
   * @param context the deadline of this attempt and what else the pool knows about it
   * @return the connection, never null (null counts as a failed attempt)
   * @throws Exception if it cannot be opened; becomes the cause of the caller's {@link
   *     DialException}
   */
  C dial(DialContext context) throws Exception;

  /**
   * Makes a round trip that proves that the connection works. Runs after each dial, before re-use
   * when the connection was unused for the heartbeat interval, and in the background. The default
   * does nothing: such connections are trusted until their {@link #probe} or an error says
   * otherwise.
   *
   * @param connection the connection, owned by this call unless it is shared
   * @param limit how long it may take; the pool cuts it off afterwards
   * @throws Exception if the connection is dead; it is closed
   */
  default void heartbeat(C connection, Duration limit) throws Exception {}

  /**
   * Closes the connection. Called exactly once for every connection that {@link #dial} returned.
   * The default closes an {@link AutoCloseable}; for any other type it throws, and the pool makes
   * that an error of the first dial rather than a silent leak.
   *
   * @param connection the connection; nobody will be given it again
   * @param reason why the pool lets it go
   * @throws Exception if closing failed; counted and logged, never shown to users of the pool
   */
  default void close(C connection, CloseReason reason) throws Exception {
    if (connection instanceof AutoCloseable closeable) {
      closeable.close();
    } else {
      throw new UnsupportedOperationException(
          connection.getClass().getName()
              + " is not AutoCloseable and the transport has no close function");
    }
  }

  /**
   * Looks at the connection without traffic and without waiting: microseconds at most. Runs before
   * every loan and on idle connections every second.
   *
   * @param connection the connection
   * @return what was seen; {@link Health#STALE} and {@link Health#DIRTY} close the connection, the
   *     others let it be lent
   */
  default Health probe(C connection) {
    return Health.UNKNOWN;
  }

  /**
   * Prepares a connection for the caller that is about to get it, after its {@link #probe}. Runs
   * once for each loan, on the thread that acquires (for a future on one of the pool's); each
   * success is followed by exactly one {@link #onRelease} or {@link #close}. A connection that
   * nobody asked for is never prepared, which is why this is not left to {@code probe}.
   *
   * @param connection the connection
   * @return what was seen, as for {@link #probe}; the caller is given another one if it is not
   *     usable
   */
  default Health onAcquire(C connection) {
    return Health.UNKNOWN;
  }

  /**
   * Judges a connection that comes back, before anybody else can have it. Runs on the releasing
   * thread.
   *
   * @param connection the connection
   * @return what was seen, as for {@link #probe}
   */
  default Health onRelease(C connection) {
    return Health.CLEAN;
  }

  /**
   * What was found in a connection that a look called {@link Health#DIRTY}: the bytes nobody asked
   * for often say why the peer is about to hang up. Asked once, on the thread that then closes the
   * connection and within the same limit; must not wait for more bytes.
   *
   * @param connection the connection, about to be closed
   * @return the bytes, of which the first 256 are shown in {@link PoolStats#lastWords()}; empty if
   *     they are not known, as by default
   */
  default byte[] lastWords(C connection) {
    return new byte[0];
  }

  /**
   * How many leases may have this connection at once. Asked after the dial and after each {@link
   * ConnSignals#capacityChanged()}. A connection that says 1 after its dial is exclusive for life;
   * any other answer makes it shared, and later answers, 0 included, change how many may share it.
   *
   * @param connection the connection
   * @return 1 for exclusive use, more for sharing; at most 65,535 are used
   */
  default int capacity(C connection) {
    return 1;
  }

  /**
   * For shared connections: how many leases one of them should have before the pool dials another
   * beside it, as far as maxActive allows. Up to here they are filled one after the other, so that
   * few are kept busy; beyond it the less loaded of two gets the next lease. Asked when {@link
   * #capacity} is.
   *
   * @param connection the connection
   * @return 1 or more; by default there is no second one before the first is full
   */
  default int growAt(C connection) {
    return Integer.MAX_VALUE;
  }

  /**
   * For shared connections: how many requests the connection itself knows to be in flight. Where
   * that is more than it has leases it counts instead of them when one is chosen.
   *
   * @param connection the connection
   * @return the number, 0 if unknown
   */
  default int load(C connection) {
    return 0;
  }

  /**
   * For shared connections: what one lease gets of it. The result is what the lease's holder uses
   * and what {@link #classify} is given; the other methods are given the connection itself. Runs
   * once for each lease.
   *
   * <p>A transport that gives each lease an object of its own can tell what this lease has sent. So
   * if its verdict on a failed {@link ConnPool#call} or {@code callAsync} is that the connection
   * goes and that nothing was sent, the call is made again on another connection, within another
   * acquire timeout.
   *
   * @param connection the connection
   * @return by default the connection itself
   */
  default C share(C connection) {
    return connection;
  }

  /**
   * Judges what the body of {@link ConnPool#call} threw: does the connection survive it?
   *
   * @param connection the connection the body had; of a shared one, its {@link #share}
   * @param failure what it threw
   * @return the verdict; by default that of {@link Verdict#of}: the connection is closed, because a
   *     failure of which nothing but its type is known may have left half an answer in it
   */
  default Verdict classify(C connection, Throwable failure) {
    return Verdict.of(failure);
  }

  /**
   * Checks a connection with a round trip; throws if it is dead.
   *
   * @param <C> the type of the connection
   */
  @FunctionalInterface
  interface Heartbeat<C> {
    /**
     * As {@link Transport#heartbeat}.
     *
     * @param connection the connection
     * @param limit how long it may take
     * @throws Exception if the connection is dead
     */
    void check(C connection, Duration limit) throws Exception;
  }

  /**
   * Closes a connection.
   *
   * @param <C> the type of the connection
   */
  @FunctionalInterface
  interface Closer<C> {
    /**
     * As {@link Transport#close}.
     *
     * @param connection the connection
     * @throws Exception if closing failed
     */
    void close(C connection) throws Exception;
  }
}
