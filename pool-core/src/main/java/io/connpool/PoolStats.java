package io.connpool;

import java.time.Duration;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

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
 * @param lostEvents events that were dropped because a {@link PoolListener} did not keep up
 * @param closedBy the connections closed since the start by the reason; adds up to {@code closed}
 * @param waits how long callers had to wait since the start
 * @param leaseTimes how many leases there were since the start, and how long they were out
 * @param lastDialFailure the last dial attempt that failed, even if others succeeded since; null if
 *     none ever did
 * @param lastWords what the last connection that was closed as {@link CloseReason#DIRTY} had to
 *     say: up to 256 bytes, those that are not printable ASCII escaped as in a Java string or as
 *     {@code \xHH}; null if there was none or the transport {@link Transport#lastWords cannot tell}
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
    int abandoned,
    long lostEvents,
    Map<CloseReason, Long> closedBy,
    WaitTimes waits,
    LeaseTimes leaseTimes,
    @Nullable DialFailure lastDialFailure,
    @Nullable String lastWords) {

  /**
   * A dial attempt that failed.
   *
   * @param cause why
   * @param ago how long before these figures were read
   */
  public record DialFailure(Throwable cause, Duration ago) {}

  /**
   * The connections that exist.
   *
   * @return idle + leased + checking
   */
  public int total() {
    return idle + leased + checking;
  }

  /** Says what is, then what happened since the start as far as anything did. For people. */
  @Override
  public String toString() {
    StringJoiner now = new StringJoiner(", ");
    now.add(idle + " idle").add(leased + " leased");
    if (leases != leased) {
      now.add(leases + " leases");
    }
    add(now, checking, "being checked");
    add(now, dialing, "being dialed");
    now.add(pending + " waiting");
    String history = history();
    return history.isEmpty() ? now.toString() : now + "; so far " + history;
  }

  private String history() {
    StringJoiner so = new StringJoiner(", ");
    add(so, dialed, "dialed");
    add(
        so,
        dialFailures,
        lastDialFailure == null
            ? "dials failed"
            : "dials failed (the last %s ago: %s)"
                .formatted(text(lastDialFailure.ago()), lastDialFailure.cause()));
    add(so, closed, "closed (%s)".formatted(reasons()));
    add(so, closeFailures, "closes failed");
    add(so, timeouts, "acquires timed out");
    add(so, misuses, "leases ended twice");
    add(so, abandoned, "calls hang");
    add(so, lostEvents, "events lost");
    add(
        so,
        waits.count(),
        "waits (half within %s, 99%% within %s, longest %s)"
            .formatted(
                text(waits.percentile(0.5)), text(waits.percentile(0.99)), text(waits.max())));
    if (lastWords != null) {
      so.add("last words \"" + lastWords + "\"");
    }
    return so.toString();
  }

  private String reasons() {
    StringJoiner reasons = new StringJoiner(", ");
    closedBy.forEach((reason, count) -> reasons.add(count + " " + reason));
    return reasons.toString();
  }

  private static void add(StringJoiner to, long count, String what) {
    if (count != 0) {
      to.add(count + " " + what);
    }
  }

  private static String text(Duration time) {
    return time.compareTo(Duration.ofSeconds(1)) >= 0
        ? time.toMillis() / 1e3 + " s"
        : Math.rint(time.toNanos() / 1e3) / 1e3 + " ms";
  }
}
