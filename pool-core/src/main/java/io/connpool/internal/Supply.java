package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.DialException;
import io.connpool.PoolException;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings connections into the pool: what waiters lack, what minIdle asks for, what {@code
 * tryAcquire} wished for. Dials belong to the pool: their results serve whoever waits first by
 * then.
 *
 * <p>{@link #replenish} may be called by anyone at any time and never blocks. One thread at a time
 * does the work; whoever comes meanwhile leaves a note, and the work is done once more. So the code
 * between is as simple as if there were one thread, and no demand is lost.
 */
final class Supply<C> {
  /** A heartbeat is one round trip; one that takes longer than this may never end. */
  private static final long YOUNG_CHECK_NANOS = 250_000_000;

  /** A dial is several round trips; most end within this even across the world. */
  private static final long YOUNG_DIAL_NANOS = 1_000_000_000;

  /** So many dials that were cut off and hang on mean that the network or the dial is broken. */
  private static final int MOST_ABANDONED = 64;

  private final Engine<C> engine;
  private final AtomicInteger notes = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger dialing = new AtomicInteger();
  private final AtomicInteger youngDials = new AtomicInteger();
  private final AtomicInteger youngChecks = new AtomicInteger();
  private final AtomicBoolean wish = new AtomicBoolean();
  private final AtomicBoolean alarmSet = new AtomicBoolean();
  private final AtomicLong serials = new AtomicLong();
  private final AtomicInteger failedEpisodes = new AtomicInteger();

  /** By slot, so that a close goes on with them in an order that can be replayed. */
  private final ConcurrentNavigableMap<Integer, DialEpisode<C>> paused =
      new ConcurrentSkipListMap<>();

  private final List<WarmUp> warmUps = new CopyOnWriteArrayList<>();
  private final LongAdder dialed = new LongAdder();
  private final LongAdder failures = new LongAdder();

  /** Connections whose dial began with this serial number or an earlier one are not wanted. */
  private volatile long evictedUpTo;

  /** No episode begins before this time. */
  private volatile long pauseUntil;

  private volatile @Nullable Throwable lastFailure;
  private volatile int sharesExpected = 1;
  private volatile boolean sharesKnown;

  /** How many idle connections the keeper wants in addition, to replace old ones. */
  private volatile int spares;

  Supply(Engine<C> engine) {
    this.engine = engine;
    this.sharesKnown = !engine.transport.mayShare;
    this.pauseUntil = engine.now();
  }

  // --- what others know about it ---

  /** Connections and dials that count against the limit. */
  int open() {
    return open.get();
  }

  int dialing() {
    return dialing.get();
  }

  /** Whether dials fail and the next attempt is not due yet. */
  boolean isPausing() {
    int between = paused.size();
    return lastFailure != null
        && (pauseUntil - engine.now() > 0 || (between > 0 && between == dialing.get()));
  }

  /** The failure of the last dial, or null if it succeeded. */
  @Nullable Throwable lastFailure() {
    return lastFailure;
  }

  /** Whether dials fail, nothing is alive, and the pool was told that waiting is then no use. */
  boolean isDown() {
    int episodes = engine.settings().config.failFastAfter();
    return episodes > 0 && failedEpisodes.get() >= episodes && open.get() == dialing.get();
  }

  /** What those are told who come while {@link #isDown}. */
  DialException down() {
    int failed = failedEpisodes.get();
    Throwable cause = lastFailure;
    return new DialException(
        "pool %s: down: nothing is alive and the last %d dials failed (failFastAfter is %d): %s"
            .formatted(engine.name, failed, engine.settings().config.failFastAfter(), cause),
        failed,
        cause == null ? new IllegalStateException("it has just come back") : cause);
  }

  /** Whether it is known how many leases a connection serves at once. */
  boolean knowsShares() {
    return sharesKnown;
  }

  /** How many leases the next connection will probably serve at once. */
  int sharesExpected() {
    return sharesExpected;
  }

  long countDialed() {
    return dialed.sum();
  }

  long countFailures() {
    return failures.sum();
  }

  // --- demand ---

  /** Asks for one connection that nobody waits for. */
  void wish() {
    wish.set(true);
    replenish();
  }

  /** Every shared connection has enough to do: asks for one more, if there may be one. */
  void grow() {
    // A wish stays until no dial is under way; then it is looked at whether it is still one.
    if (open.get() < engine.settings().limit && !wish.get() && !isPausing()) {
      wish();
    }
  }

  /** As {@link io.connpool.ConnPool#warmUp}. */
  int warmUp(int target, int parallelism, long nanos, IntConsumer progress)
      throws InterruptedException {
    long deadline = engine.now() + nanos;
    WarmUp warmUp = new WarmUp(engine.environment.clock(), target, parallelism);
    warmUps.add(warmUp);
    try {
      int told = -1;
      while (true) {
        replenish();
        int exist = engine.census.countConnections();
        if (exist != told) {
          told = exist;
          progress.accept(exist);
        }
        if (exist >= target || engine.isClosed() || engine.now() - deadline >= 0) {
          return exist;
        }
        engine.environment.clock().parkUntil(warmUp, deadline);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    } finally {
      warmUps.remove(warmUp);
    }
  }

  /** Something happened that a caller of {@link #warmUp} wants to see. */
  void tellWarmUps() {
    warmUps.forEach(WarmUp::changed);
  }

  /** What is being dialed is not to be lent. */
  void evictDialsUnderWay() {
    evictedUpTo = serials.get();
  }

  void spares(int howMany) {
    spares = howMany;
  }

  /**
   * Something has begun that may soon help a waiter: no other dial is begun for the same waiter,
   * unless it takes longer than the time given.
   */
  private Help helpBegun(AtomicInteger kind, long youngNanos) {
    Help help = new Help(kind);
    help.timer = engine.at(engine.now() + youngNanos, help::end);
    return help;
  }

  /** As {@link #helpBegun}, of the heartbeat of a parked connection. */
  Help checkBegun() {
    return helpBegun(youngChecks, YOUNG_CHECK_NANOS);
  }

  /** A dial or a check that waiters count on. */
  final class Help {
    private final AtomicInteger kind;
    private final AtomicBoolean counted = new AtomicBoolean(true);
    private Environment.@Nullable Timer timer;

    private Help(AtomicInteger kind) {
      this.kind = kind;
      kind.incrementAndGet();
    }

    /** It is over, or has taken too long: those who counted on it look for other help. */
    void end() {
      if (counted.compareAndSet(true, false)) {
        Environment.Timer notNeeded = timer;
        if (notNeeded != null) {
          notNeeded.cancel();
        }
        kind.decrementAndGet();
        replenish();
      }
    }
  }

  /** A slot was vacated. */
  void slotLeft() {
    open.decrementAndGet();
  }

  /** As {@link #slotLeft}, but only if more than maxActive are open. */
  boolean claimSurplus() {
    for (; ; ) {
      int now = open.get();
      if (now <= engine.settings().limit) {
        return false;
      }
      if (open.compareAndSet(now, now - 1)) {
        return true;
      }
    }
  }

  /** Begins whatever dials and checks are lacking. */
  void replenish() {
    if (notes.getAndIncrement() != 0) {
      return; // the thread that is at it will see the note
    }
    int seen;
    do {
      seen = notes.get();
      while (!engine.isClosed() && beginOne()) {
        // one at a time, because each changes what is lacking
      }
    } while (notes.addAndGet(-seen) != 0);
  }

  private boolean beginOne() {
    Settings settings = engine.settings();
    int renewals = engine.renewals.size();
    if (connectionsFor(renewals) > youngDials.get() && beginDial(settings.hardLimit)) {
      return true; // no check helps them
    }
    int helpers = youngDials.get() + youngChecks.get();
    int waiters = engine.queue.size();
    boolean forWaiters = waiters > 0 && connectionsFor(renewals + waiters) > helpers;
    // While a dial runs it cannot be told whether its result will be left for the one who wished.
    boolean wished = helpers == 0 && wish.getAndSet(false) && !engine.table.hasEasy();
    if ((forWaiters || wished) && engine.checks.oneParked()) {
      return true;
    }
    return forWaiters
        ? beginDial(settings.hardLimit)
        : (wished || lacksIdle() || isWarming() || isProbing()) && beginDial(settings.limit);
  }

  private boolean beginDial(int limit) {
    Settings settings = engine.settings();
    if (open.get() >= limit
        || dialing.get() >= dialsAtOnce(settings)
        || engine.calls.countAbandoned() >= MOST_ABANDONED
        || engine.disposer.isBehind()) {
      return false; // the end of any of these calls replenish() again
    }
    long pauseEnd = pauseUntil;
    if (lastFailure != null && pauseEnd - engine.now() > 0) {
      setAlarm(pauseEnd);
      return false;
    }
    open.incrementAndGet();
    dialing.incrementAndGet();
    Help help = helpBegun(youngDials, YOUNG_DIAL_NANOS);
    new DialEpisode<>(engine, engine.table.reserve(), settings.pacing.newEpisode(), help).begin();
    return true;
  }

  /** Where connections are shared, the first may serve all who wait: it will say. */
  private int connectionsFor(int callers) {
    return sharesKnown || !engine.transport.givesShares
        ? (callers + sharesExpected - 1) / sharesExpected
        : Math.min(1, callers);
  }

  private int dialsAtOnce(Settings settings) {
    int most = settings.config.maxConcurrentDials();
    for (WarmUp warmUp : warmUps) {
      most = Math.max(most, warmUp.parallelism);
    }
    return most;
  }

  /**
   * While failing fast nobody waits, so the pool itself wants to know when the endpoint is back.
   */
  private boolean isProbing() {
    return dialing.get() == 0 && isDown();
  }

  private boolean isWarming() {
    int target = 0;
    for (WarmUp warmUp : warmUps) {
      target = Math.max(target, warmUp.target);
    }
    return open.get() < target;
  }

  private boolean lacksIdle() {
    Settings settings = engine.settings();
    int wanted = settings.config.minIdle() + spares;
    return wanted > 0
        && open.get() < settings.limit
        && engine.census.countAvailable() + dialing.get() < wanted;
  }

  private void setAlarm(long moment) {
    if (alarmSet.compareAndSet(false, true)) {
      engine.at(
          moment,
          () -> {
            alarmSet.set(false);
            replenish();
          });
    }
  }

  // --- the course of an episode ---

  /** Goes on with the episode at that moment, or at once if the pool is closed. */
  void pause(DialEpisode<C> episode, long moment) {
    paused.put(episode.slot.index, episode);
    engine.at(moment, () -> resume(episode));
    if (engine.isClosed()) {
      resume(episode);
    }
  }

  private void resume(DialEpisode<C> episode) {
    if (paused.remove(episode.slot.index, episode)) {
      episode.begin();
    }
  }

  /** The pool is closed: there is nothing to wait for any more. */
  void endPauses() {
    paused.values().forEach(this::resume);
  }

  long nextSerial() {
    return serials.incrementAndGet();
  }

  /** That of the youngest dial so far. */
  long lastSerial() {
    return serials.get();
  }

  /** A dial returned a connection; it is not known yet whether it works. */
  void connected() {
    dialed.increment();
  }

  /** An attempt failed, whether or not another one follows. */
  void attemptFailed(int attempt, long nanos, Throwable failure) {
    failures.increment();
    lastFailure = failure;
    engine.chronicle.dialFailed(attempt, nanos, failure);
  }

  /** A connection was dialed and passed its first heartbeat. */
  void succeeded(Slot<C> slot, C connection, int shares, Signals<C> signals, Help help) {
    if (shares > 0) {
      lastFailure = null;
      failedEpisodes.set(0);
      engine.chronicle.up(); // after it is up, see ended()
    } else {
      // The next one will likely serve nobody either, and where no limit ends it there always is
      // one.
      lastFailure = new IllegalStateException("a new connection said that it can serve nobody");
      beginPause();
    }
    sharesExpected = Math.max(1, shares);
    sharesKnown = true;
    long now = engine.now();
    long owned = slot.word; // what is filled may be doomed by anybody
    slot.fill(connection, signals.serial(), shares, now, now + engine.newLifetime());
    slot.growAt = engine.transport.growAt(connection);
    signals.attach(slot);
    if (signals.serial() <= evictedUpTo) {
      engine.removal.doom(slot, signals.serial(), CloseReason.EVICTED);
    }
    engine.handout.publishNew(slot, owned);
    dialing.decrementAndGet();
    help.end(); // after its waiter was served: until then the waiter counts on it
    engine.updateCapacity(slot, signals.serial()); // it may have changed since it was asked
    engine.capacityFreed();
    tellWarmUps();
  }

  /** All attempts failed: so does the oldest waiter that was there when they began. */
  void failed(DialEpisode<C> episode, int attempts, Throwable failure, Help help) {
    pauseAndVacate(episode.slot);
    java.util.function.Supplier<PoolException> reason =
        () ->
            engine.isClosed()
                ? engine.waitingRoom.closed()
                : new DialException(describe(attempts, failure), attempts, failure);
    if (!engine.renewals.failFirst(episode.begun, reason)) {
      engine.handout.failOldest(episode.ticket, reason);
    }
    ended(help);
  }

  /** A new connection was bad before anybody had it: pause as if it had not been dialed. */
  void stillborn(
      Slot<C> slot, C connection, CloseReason defect, int attempt, long nanos, Help help) {
    engine.disposer.dispose(connection, defect);
    attemptFailed(
        attempt,
        nanos,
        new IllegalStateException("a new connection was bad from the start: " + defect));
    pauseAndVacate(slot);
    ended(help);
  }

  private void pauseAndVacate(Slot<C> slot) {
    beginPause();
    vacate(slot);
  }

  private void beginPause() {
    long now = engine.now();
    if (pauseUntil - now <= 0) { // several that fail together make one pause, not a row of them
      pauseUntil =
          now + engine.settings().pacing.afterFailedEpisodes(failedEpisodes.incrementAndGet());
    }
  }

  private void vacate(Slot<C> slot) {
    slot.vacate();
    dialing.decrementAndGet();
    slotLeft();
  }

  private void ended(Help help) {
    help.end();
    engine.capacityFreed();
    engine.shutdown.check();
    tellWarmUps();
    if (isDown()) {
      engine.handout.failAll(this::down);
      engine.renewals.failAll(this::down);
      engine.chronicle.down(lastFailure);
      if (!isDown()) {
        engine.chronicle.up(); // a dial that succeeded meanwhile may have looked before it was told
      }
    }
  }

  private String describe(int attempts, Throwable failure) {
    return "pool %s: dial failed after %d attempt%s: %s"
        .formatted(engine.name, attempts, attempts == 1 ? "" : "s", failure);
  }
}
