package io.connpool;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happened in a pool, as told to its {@link PoolListener}s. Immutable. */
public sealed interface PoolEvent {

  /**
   * Where it happened.
   *
   * @return the name of the pool
   */
  String pool();

  /**
   * A connection was dialed and passed its first heartbeat and probe.
   *
   * @param pool the name of the pool
   * @param attempt which attempt of its episode this was, from 1
   * @param took how long the attempt took, first heartbeat included
   */
  record Dialed(String pool, int attempt, Duration took) implements PoolEvent {}

  /**
   * An attempt to dial failed, or did not end in time.
   *
   * @param pool the name of the pool
   * @param attempt which attempt of its episode this was, from 1
   * @param took how long the attempt took
   * @param cause why it failed
   */
  record DialFailed(String pool, int attempt, Duration took, Throwable cause)
      implements PoolEvent {}

  /**
   * The pool let a connection go, and its close has returned, thrown, or been cut off.
   *
   * @param pool the name of the pool
   * @param reason why it was let go
   * @param age how long it was in the pool, zero if it never was
   * @param lastWords for {@link CloseReason#DIRTY}: what nobody had asked for, printable; null if
   *     the transport cannot tell. As {@link PoolStats#lastWords()}
   */
  record Closed(String pool, CloseReason reason, Duration age, @Nullable String lastWords)
      implements PoolEvent {}

  /**
   * A caller had to wait for a connection, and the wait is over. Callers that found one ready are
   * not told of.
   *
   * @param pool the name of the pool
   * @param time how long it waited
   * @param outcome how the wait ended
   */
  record Waited(String pool, Duration time, Outcome outcome) implements PoolEvent {
    /** How a wait ended. */
    public enum Outcome {
      /** With a connection. */
      SERVED,
      /** Its time ran out. */
      TIMED_OUT,
      /** With an exception: its dial failed, or the pool was closed. */
      FAILED,
      /** The thread was interrupted, or the future cancelled. */
      GIVEN_UP
    }
  }

  /**
   * A lease is out for longer than the leak threshold. Told once for each lease.
   *
   * @param pool the name of the pool
   * @param thread the name of the thread that took it, or asked for it if it came as a future
   * @param out how long it is out
   * @param taken where it was taken; not thrown, but good for a log
   * @param holderNow what the thread that took it does now; empty if it has ended
   */
  record LeakSuspected(
      String pool, String thread, Duration out, Throwable taken, List<StackTraceElement> holderNow)
      implements PoolEvent {}

  /**
   * A lease that {@link LeakSuspected} told of was ended after all.
   *
   * @param pool the name of the pool
   * @param thread the name of the thread that took it
   * @param out how long it was out
   * @param taken where it was taken
   */
  record LeakReturned(String pool, String thread, Duration out, Throwable taken)
      implements PoolEvent {}

  /**
   * A lease was garbage collected without having been closed. Its connection is closed, its place
   * is free again.
   *
   * @param pool the name of the pool
   * @param thread the name of the thread that took it
   * @param out how long ago it was taken
   * @param taken where it was taken
   */
  record Leaked(String pool, String thread, Duration out, Throwable taken) implements PoolEvent {}

  /**
   * The endpoint counts as down: callers fail at once until a dial succeeds.
   *
   * @param pool the name of the pool
   * @param cause the last dial failure
   */
  record Down(String pool, Throwable cause) implements PoolEvent {}

  /**
   * A dial succeeded after {@link Down}.
   *
   * @param pool the name of the pool
   * @param after how long it was down
   */
  record Up(String pool, Duration after) implements PoolEvent {}

  /**
   * Events were dropped because listeners did not keep up; {@link PoolStats#lostEvents()} counts
   * all of them.
   *
   * @param pool the name of the pool
   * @param count how many since the last time this was told
   */
  record EventsLost(String pool, long count) implements PoolEvent {}

  /**
   * The pool has ended; the last event.
   *
   * @param pool the name of the pool
   * @param clean what {@link ConnPool#close(Duration)} returns
   */
  record PoolClosed(String pool, boolean clean) implements PoolEvent {}
}
