package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.PoolEvent.Closed;
import io.connpool.PoolEvent.DialFailed;
import io.connpool.PoolEvent.Dialed;
import io.connpool.PoolEvent.Down;
import io.connpool.PoolEvent.LeakReturned;
import io.connpool.PoolEvent.LeakSuspected;
import io.connpool.PoolEvent.Leaked;
import io.connpool.PoolEvent.PoolClosed;
import io.connpool.PoolEvent.Up;
import io.connpool.PoolEvent.Waited;
import io.connpool.PoolListener;
import io.connpool.PoolStats;
import io.connpool.PoolStats.DialFailure;
import io.connpool.WaitTimes;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a pool: counted or remembered for {@link PoolStats}, and told to whoever
 * listens. Nothing here is on the path of an acquire that finds a connection ready.
 */
final class Chronicle {
  private final String pool;
  private final Announcer announcer;
  private final Environment.Clock clock;
  private final Map<CloseReason, LongAdder> closes = new EnumMap<>(CloseReason.class);
  private final WaitHistogram waits = new WaitHistogram();
  private volatile @Nullable TimedFailure lastDialFailure;
  private volatile @Nullable String lastWords;

  /** Since when listeners believe that the endpoint is down; null if they do not. */
  private final AtomicReference<@Nullable Moment> downSince = new AtomicReference<>();

  private record TimedFailure(Throwable cause, Moment at) {}

  private record Moment(long nanoTime) {
    Duration ago(Environment.Clock clock) {
      return Duration.ofNanos(clock.nanoTime() - nanoTime);
    }
  }

  Chronicle(String pool, Announcer announcer, Environment.Clock clock) {
    this.pool = pool;
    this.announcer = announcer;
    this.clock = clock;
    for (CloseReason reason : CloseReason.values()) {
      closes.put(reason, new LongAdder()); // all from the start: the map is read by many threads
    }
  }

  // --- what happens ---

  void dialed(int attempt, long nanos) {
    if (announcer.isHeard()) {
      announcer.tell(PoolListener::dialed, new Dialed(pool, attempt, Duration.ofNanos(nanos)));
    }
  }

  void dialFailed(int attempt, long nanos, Throwable cause) {
    lastDialFailure = new TimedFailure(cause, new Moment(clock.nanoTime()));
    if (announcer.isHeard()) {
      announcer.tell(
          PoolListener::dialFailed, new DialFailed(pool, attempt, Duration.ofNanos(nanos), cause));
    }
  }

  /** A connection was let go; its close is yet to come. */
  void letGo(CloseReason reason) {
    counterOf(reason).increment();
  }

  void hasLastWords(String words) {
    lastWords = words;
  }

  /** The close of a connection has returned, thrown, or been cut off. */
  void closed(CloseReason reason, long ageNanos, @Nullable String words) {
    if (announcer.isHeard()) {
      announcer.tell(
          PoolListener::closed, new Closed(pool, reason, Duration.ofNanos(ageNanos), words));
    }
  }

  /** A caller had to wait, and the wait is over. */
  void waited(long nanos, Waited.Outcome outcome) {
    waits.add(nanos);
    if (announcer.isHeard()) {
      announcer.tell(PoolListener::waited, new Waited(pool, Duration.ofNanos(nanos), outcome));
    }
  }

  void leakSuspected(LeakWatch.Origin origin, long nanos, List<StackTraceElement> holderNow) {
    Flight.LeakSuspected.record(pool, origin, nanos);
    if (announcer.isHeard()) {
      announcer.tell(
          PoolListener::leakSuspected,
          new LeakSuspected(
              pool, origin.thread().getName(), Duration.ofNanos(nanos), origin.stack(), holderNow));
    }
  }

  void leakReturned(LeakWatch.Origin origin, long nanos) {
    if (announcer.isHeard()) {
      announcer.tell(
          PoolListener::leakReturned,
          new LeakReturned(
              pool, origin.thread().getName(), Duration.ofNanos(nanos), origin.stack()));
    }
  }

  void leaked(LeakWatch.Origin origin, long nanos) {
    if (announcer.isHeard()) {
      announcer.tell(
          PoolListener::leaked,
          new Leaked(pool, origin.thread().getName(), Duration.ofNanos(nanos), origin.stack()));
    }
  }

  /** The endpoint counts as down; told once until a dial succeeds. */
  void down(@Nullable Throwable cause) {
    if (cause != null // else a dial has just succeeded
        && announcer.isHeard()
        && downSince.compareAndSet(null, new Moment(clock.nanoTime()))) {
      announcer.tell(PoolListener::down, new Down(pool, cause));
    }
  }

  /** It does not count as down any more; told if that it does has been told. */
  void up() {
    Moment since = downSince.getAndSet(null);
    if (since != null) {
      announcer.tell(PoolListener::up, new Up(pool, since.ago(clock)));
    }
  }

  /** The pool has ended; calls back when the listeners know. */
  void poolClosed(boolean clean, Runnable whenTold) {
    announcer.tellTheEnd(new PoolClosed(pool, clean), whenTold);
  }

  // --- what is known of it ---

  /** How many connections were let go, by the reason; reasons that never occurred are missing. */
  Map<CloseReason, Long> closedBy() {
    Map<CloseReason, Long> counts = new EnumMap<>(CloseReason.class);
    closes.forEach(
        (reason, counter) -> {
          long count = counter.sum();
          if (count > 0) {
            counts.put(reason, count);
          }
        });
    return Collections.unmodifiableMap(counts);
  }

  WaitTimes waits() {
    return waits.toWaitTimes();
  }

  @Nullable DialFailure lastDialFailure() {
    TimedFailure last = lastDialFailure;
    return last == null ? null : new DialFailure(last.cause(), last.at().ago(clock));
  }

  @Nullable String lastWords() {
    return lastWords;
  }

  long countLostEvents() {
    return announcer.countLost();
  }

  private LongAdder counterOf(CloseReason reason) {
    return Objects.requireNonNull(closes.get(reason), "filled in the constructor");
  }
}
