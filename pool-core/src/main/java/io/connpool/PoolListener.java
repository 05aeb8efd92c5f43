package io.connpool;

/**
 * Is told what happens in a pool; see {@link PoolBuilder#listener}. Every method does nothing
 * unless it is overridden.
 *
 * <p><b>How events are delivered.</b> But for {@link #poolOpened}: one after the other, in the
 * order in which they happened, to all listeners of a pool in the order in which they were added,
 * on a thread of the pool's own: never on a caller's and never under a lock. So a listener needs no
 * synchronization towards itself, and may call the pool, {@link ConnPool#close()} included, which
 * then does not wait for it.
 *
 * <p><b>What a listener cannot do.</b> It delays nothing but the events that follow. At most 1,024
 * events wait for it; those beyond are dropped, counted, and told as {@link #eventsLost}. What it
 * throws is logged and goes no further. A closing pool waits for its listeners within the time a
 * close may take, then interrupts the one that is at it and drops the rest.
 *
 * <p>Without a listener no event is even made.
 */
public interface PoolListener {

  /**
   * A pool is about to begin its work. Called on the thread that builds it, before all other
   * events, so that a listener can keep the pool, to ask for its {@link ConnPool#stats() figures}.
   *
   * @param pool the pool, in which nothing has happened yet
   * @throws RuntimeException to refuse: the pool is not built, and {@link PoolBuilder#build} throws
   *     this; listeners that it was opened for before are told of its end
   */
  default void poolOpened(ConnPool<?> pool) {}

  /**
   * A connection was dialed.
   *
   * @param event what happened
   */
  default void dialed(PoolEvent.Dialed event) {}

  /**
   * An attempt to dial failed.
   *
   * @param event what happened
   */
  default void dialFailed(PoolEvent.DialFailed event) {}

  /**
   * A connection was closed.
   *
   * @param event what happened
   */
  default void closed(PoolEvent.Closed event) {}

  /**
   * A caller had to wait, and the wait is over.
   *
   * @param event what happened
   */
  default void waited(PoolEvent.Waited event) {}

  /**
   * A lease is out for longer than the leak threshold.
   *
   * @param event what happened
   */
  default void leakSuspected(PoolEvent.LeakSuspected event) {}

  /**
   * A lease came back that {@link #leakSuspected} told of.
   *
   * @param event what happened
   */
  default void leakReturned(PoolEvent.LeakReturned event) {}

  /**
   * A lease was garbage collected without having been closed.
   *
   * @param event what happened
   */
  default void leaked(PoolEvent.Leaked event) {}

  /**
   * The endpoint counts as down from now on.
   *
   * @param event what happened
   */
  default void down(PoolEvent.Down event) {}

  /**
   * The endpoint does not count as down any more.
   *
   * @param event what happened
   */
  default void up(PoolEvent.Up event) {}

  /**
   * Events were dropped before the next one.
   *
   * @param event what happened
   */
  default void eventsLost(PoolEvent.EventsLost event) {}

  /**
   * The pool has ended. Nothing is told after this.
   *
   * @param event what happened
   */
  default void poolClosed(PoolEvent.PoolClosed event) {}
}
