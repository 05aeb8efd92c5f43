package io.connpool;

/**
 * A pool at one moment. Each connection is counted in exactly one of idle, leased and checking. The
 * figures are read one after the other while the pool goes on working, so they are exact when the
 * pool is at rest and at most a few operations apart when it is not.
 *
 * @param idle parked and ready to be lent
 * @param leased out; a shared connection counts once however many leases it has
 * @param checking held by the pool for a moment: heartbeat, probe, or the look at a release
 * @param dialing being dialed, their first heartbeat included
 * @param pending callers that wait, asynchronous ones included
 * @param leases leases that are out; equals {@code leased} for exclusive connections
 * @param dialed connections dialed since the start
 * @param dialFailures dial attempts that failed since the start, timed-out ones included
 * @param closed connections closed since the start; {@code dialed - closed} exist
 * @param closeFailures closes that threw or did not end in time
 * @param timeouts acquires that ran out of time
 * @param misuses leases that were ended twice
 * @param abandoned calls into the transport that were cut off and have not returned yet
 */
public record PoolStats(
    int idle,
    int leased,
    int checking,
    int dialing,
    int pending,
    int leases,
    long dialed,
    long dialFailures,
    long closed,
    long closeFailures,
    long timeouts,
    long misuses,
    int abandoned) {

  /**
   * The connections that exist.
   *
   * @return idle + leased + checking
   */
  public int total() {
    return idle + leased + checking;
  }
}
