package io.connpool;

import java.time.Duration;

/**
 * One connection of a pool at one moment. Immutable.
 *
 * @param number which of the pool's connections this is: it grows with every attempt to dial, and
 *     none has that of another
 * @param state who has it
 * @param leases how many callers have it: for an exclusive connection one at most
 * @param retiring whether it is closed as soon as nobody has it any more
 * @param age how long ago it was dialed
 */
public record ConnectionStats(
    long number, State state, int leases, boolean retiring, Duration age) {

  /** Who has a connection. {@link PoolStats} counts each by the same rule. */
  public enum State {
    /** Nobody: it is ready to be lent. */
    IDLE,
    /** At least one caller. */
    LEASED,
    /** The pool, for a moment: heartbeat, probe, or the look at a release. */
    CHECKING
  }
}
