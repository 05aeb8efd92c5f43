package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.PoolEvent.Waited;
import io.connpool.PoolStats;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/**
 * What a flight recording shows of the pools of a process. Nothing here is on the path of an
 * acquire that finds a connection ready; elsewhere, as long as nothing is recorded, each event
 * costs one branch, and the compiler takes even the object away.
 */
final class Flight {
  private Flight() {}

  /** The event, begun; null if such ones are not recorded. */
  static <E extends OfPool> @Nullable E begun(E event) {
    if (!event.isEnabled()) {
      return null;
    }
    event.begin();
    return event;
  }

  /** The name of the pool, in every event. */
  @Category("ConnPool")
  @StackTrace(false)
  abstract static class OfPool extends Event {
    @Label("Pool")
    @Nullable String pool;
  }

  @Name("io.connpool.Acquire")
  @Label("Acquire")
  @Description("A caller had to wait for a connection; those who found one ready are not recorded")
  @StackTrace
  static final class Acquire extends OfPool {
    @Label("Outcome")
    @Nullable String outcome;

    void end(String name, Waited.Outcome how) {
      pool = name;
      outcome = how.name();
      commit();
    }
  }

  @Name("io.connpool.Dial")
  @Label("Dial")
  @Description("One attempt to dial, its first heartbeat included")
  static final class Dial extends OfPool {
    @Label("Attempt")
    @Description("Which attempt of its episode this was, from 1")
    int attempt;

    @Label("Failure")
    @Description("Why it failed; null if it did not")
    @Nullable String failure;

    void end(String name, int number, @Nullable Object why) {
      pool = name;
      attempt = number;
      failure = why == null ? null : why.toString();
      commit();
    }
  }

  @Name("io.connpool.Heartbeat")
  @Label("Heartbeat")
  @Description("A heartbeat of an idle connection")
  static final class Heartbeat extends OfPool {
    @Label("Failure")
    @Description("Why it failed; null if it did not")
    @Nullable String failure;

    void end(String name, @Nullable Throwable why) {
      pool = name;
      failure = why == null ? null : why.toString();
      commit();
    }
  }

  @Name("io.connpool.Close")
  @Label("Close")
  @Description("A connection was let go, and its close has returned, thrown or been cut off")
  static final class Close extends OfPool {
    @Label("Reason")
    @Nullable String reason;

    @Label("Age")
    @Description("How long the connection was in the pool; 0 if it never was")
    @Timespan
    long age;

    @Label("Failure")
    @Description("Why the close failed; null if it did not")
    @Nullable String failure;

    void end(String name, CloseReason whyLetGo, long ageNanos, @Nullable Throwable whyFailed) {
      pool = name;
      reason = whyLetGo.name();
      age = ageNanos;
      failure = whyFailed == null ? null : whyFailed.toString();
      commit();
    }
  }

  @Name("io.connpool.LeakSuspected")
  @Label("Leak Suspected")
  @Description("A lease is out for longer than the leak threshold")
  static final class LeakSuspected extends OfPool {
    @Label("Taken By")
    @Nullable String thread;

    @Label("Out")
    @Timespan
    long out;

    @Label("Taken At")
    @Description("The stack that took the lease, one frame a line")
    @Nullable String taken;

    static void record(String name, LeakWatch.Origin origin, long nanos) {
      LeakSuspected event = new LeakSuspected();
      if (event.isEnabled()) {
        event.pool = name;
        event.thread = origin.thread().getName();
        event.out = nanos;
        StringBuilder frames = new StringBuilder();
        for (StackTraceElement frame : origin.stack().getStackTrace()) {
          frames.append(frame).append('\n');
        }
        event.taken = frames.toString();
        event.commit();
      }
    }
  }

  @Name("io.connpool.PoolStats")
  @Label("Pool Statistics")
  @Description("A pool at one moment; once a second")
  static final class Stats extends OfPool {
    @Label("Idle")
    int idle;

    @Label("Leased")
    int leased;

    @Label("Being Checked")
    int checking;

    @Label("Being Dialed")
    int dialing;

    @Label("Pending")
    int pending;

    @Label("Most Connections")
    @Description("0 for no limit")
    int maxActive;

    @Label("Leases So Far")
    long leases;

    static void record(Engine<?> engine) {
      Stats event = new Stats();
      if (event.isEnabled()) {
        PoolStats stats = engine.census.stats();
        event.pool = engine.name;
        event.idle = stats.idle();
        event.leased = stats.leased();
        event.checking = stats.checking();
        event.dialing = stats.dialing();
        event.pending = stats.pending();
        event.maxActive = engine.settings().config.maxActive();
        event.leases = stats.leaseTimes().count();
        event.commit();
      }
    }
  }
}
