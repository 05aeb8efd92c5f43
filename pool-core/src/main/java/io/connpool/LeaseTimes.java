package io.connpool;

import java.time.Duration;

/**
 * How much a pool was used. No clock is read when a lease begins or ends: the time is the number of
 * leases that are out, looked at once a second at least and added up. So short leases are not seen
 * one by one, but over minutes the sum, and with it the mean, is right. Immutable.
 *
 * @param count leases that were begun since the start
 * @param total how long leases were out since the start, added up
 */
public record LeaseTimes(long count, Duration total) {

  /**
   * How long a lease lasted on average.
   *
   * @return {@code total / count}; zero if there was none
   */
  public Duration mean() {
    return count == 0 ? Duration.ZERO : total.dividedBy(count);
  }
}
