package io.connpool.internal;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.Op;
import io.connpool.PoolClosedException;
import io.connpool.PoolExhaustedException;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Those who use the pool: what they wait for, what they have, what they had. Each looks at what it
 * gets, and at when and why it gets nothing.
 */
final class FuzzUsers {
  /** Ended leases that are remembered, to be ended once more. */
  private static final int REMEMBERED = 30;

  private final FuzzWorld world;
  private final FuzzTransport transport;
  private final FuzzTrace trace;
  private final FuzzSettings settings;
  private final Engine<FuzzConn> engine;
  private final DefaultConnPool<FuzzConn> pool;
  final List<Caller> callers = new ArrayList<>();

  /** Those of whose idempotent calls the body has failed. */
  final List<Caller> renewing = new ArrayList<>();

  final List<Held> held = new ArrayList<>();
  final List<Ended> ended = new ArrayList<>();
  private int numbers;

  /** What the pool should have counted. */
  int misuses;

  int timeouts;

  /** When the last to come of those who were served had come. */
  int latestServed;

  /** Futures that were cancelled, perhaps just after they had timed out. */
  int cancelled;

  FuzzUsers(
      FuzzWorld world,
      FuzzTransport transport,
      FuzzTrace trace,
      FuzzSettings settings,
      DefaultConnPool<FuzzConn> pool) {
    this.world = world;
    this.transport = transport;
    this.trace = trace;
    this.settings = settings;
    this.pool = pool;
    this.engine = pool.engine;
  }

  /** Somebody who has asked for a connection and has no answer. */
  final class Caller {
    final int number = ++numbers;
    final int since = world.step();
    final Duration timeout;
    final long askedAt = world.now();

    /** It must have been told by then. Later than it asked if it was held up while asking. */
    long deadline;

    @Nullable Fibre fibre;
    @Nullable CompletableFuture<?> future;

    /** The step in which it was first seen waiting while everything was at rest; 0 before. */
    int queuedIn;

    /** How many connections had been let go before it asked. */
    final long closedBefore = engine.census.stats().closed();

    boolean interrupted;

    /** The step in which it was first seen to have been woken in vain; 0 before. */
    int heirSince;

    Caller(Duration timeout) {
      this.timeout = timeout;
      hasAsked();
      callers.add(this);
    }

    /** The pool knows by now that it waits. */
    void hasAsked() {
      deadline = world.now() + Nanos.of(timeout);
    }

    /** Whether it has waited for too long. */
    boolean isOverdue() {
      return deadline - world.now() <= 0 && (fibre == null || !fibre.late);
    }

    /** It cannot have been given anything before this step. */
    int servedAfter() {
      Fibre runs = Fibre.current();
      return runs == null
          ? since
          : runs == fibre ? Math.max(since, runs.parkedSince) : Math.max(since, runs.askedIn);
    }

    String describe() {
      return this
          + (future == null ? " in " + fibre : " has a future")
          + (queuedIn == 0 ? "" : ", queued in step " + queuedIn)
          + ", asked for "
          + Nanos.text(world.now() - askedAt)
          + " with a limit of "
          + timeout;
    }

    @Override
    public String toString() {
      return "caller " + number;
    }
  }

  /** Somebody who has a connection: by a lease, or in the body of a call. */
  static final class Held {
    final int number;
    final FuzzConn connection;
    final @Nullable Lease<FuzzConn> lease;
    final @Nullable Fibre body;
    final @Nullable CompletableFuture<Object> stage;

    Held(
        int number,
        FuzzConn connection,
        @Nullable Lease<FuzzConn> lease,
        @Nullable Fibre body,
        @Nullable CompletableFuture<Object> stage) {
      this.number = number;
      this.connection = connection;
      this.lease = lease;
      this.body = body;
      this.stage = stage;
    }

    /** A body that the fuzzer can let return. */
    boolean isFinishable() {
      return stage != null || (body != null && body.state() == Fibre.State.HOLDING);
    }

    @Override
    public String toString() {
      return "lease " + number + " of " + connection;
    }
  }

  /** A lease that has ended. */
  static final class Ended {
    final Lease<FuzzConn> lease;
    private boolean invalidated;

    Ended(Lease<FuzzConn> lease, boolean invalidated) {
      this.lease = lease;
      this.invalidated = invalidated;
    }
  }

  // --- asking ---

  void tryAcquire() {
    Caller me = new Caller(Duration.ZERO);
    me.fibre = Fibre.current();
    try {
      pool.tryAcquire().ifPresent(lease -> received(me, lease));
    } catch (PoolClosedException closed) {
      check(engine.isClosed(), me + " is told that an open pool is closed");
    } finally {
      callers.remove(me);
    }
  }

  void acquire(Duration timeout) {
    Caller me = new Caller(timeout);
    me.fibre = Fibre.current();
    try {
      received(me, pool.acquire(timeout));
    } catch (InterruptedException interrupt) {
      check(me.interrupted, me + " says it was interrupted");
      trace.add("    " + me + " leaves, interrupted");
    } catch (RuntimeException nothing) {
      gotNothing(me, nothing);
    } finally {
      callers.remove(me);
    }
  }

  void acquireAsync(Duration timeout) {
    Caller me = new Caller(timeout);
    CompletableFuture<Lease<FuzzConn>> future = pool.acquireAsync(timeout);
    me.future = future;
    me.hasAsked();
    future.whenComplete(
        (lease, failure) -> {
          guarded(
              () -> {
                if (failure == null) {
                  received(me, lease);
                  useAtOnce();
                } else {
                  gotNothing(me, failure);
                }
              });
          callers.remove(me);
        });
  }

  /** What the dependents of a future do with it: often they use the pool once more. */
  private void useAtOnce() {
    Held mine = held.isEmpty() ? null : held.get(held.size() - 1);
    if (mine != null && mine.lease != null && world.chance(100)) {
      end(mine, world.chance(200));
    }
    if (world.chance(50) && callers.size() < 5) {
      acquireAsync(Duration.ofMillis(100));
    }
  }

  void call() {
    Caller me = new Caller(settings.acquireTimeout());
    Fibre fibre = Fibre.current();
    me.fibre = fibre;
    try {
      pool.call(
          connection -> {
            Held mine = new Held(me.number, connection, null, fibre, null);
            begins(me, mine);
            callers.remove(me);
            fibre.suspend(Fibre.State.HOLDING);
            Thread.interrupted();
            ends(mine);
            failPerhaps(connection);
            return connection;
          });
    } catch (InterruptedException interrupt) {
      check(me.interrupted, me + " says it was interrupted");
    } catch (BodyFailed expected) {
      trace.add("    the body of " + me + " has failed");
    } catch (RuntimeException nothing) {
      gotNothing(me, nothing);
    } finally {
      callers.remove(me);
    }
  }

  /** As {@link #call}; the body may be run once more, on a connection that is new. */
  void callIdempotent() {
    Caller me = new Caller(settings.acquireTimeout());
    Fibre fibre = Fibre.current();
    me.fibre = fibre;
    int[] bodies = new int[1];
    int[] older = new int[1];
    try {
      pool.call(
          Op.idempotent(),
          connection -> {
            renewing.remove(me);
            bodies[0]++;
            check(bodies[0] <= 2, me + " is called a third time");
            check(
                bodies[0] == 1 || connection.id > older[0],
                me + " has " + connection + " again, or one as old");
            older[0] = transport.connections.size();
            Held mine = new Held(me.number, connection, null, fibre, null);
            begins(me, mine);
            callers.remove(me);
            fibre.suspend(Fibre.State.HOLDING);
            Thread.interrupted();
            ends(mine);
            renewing.add(me);
            failPerhaps(connection);
            renewing.remove(me);
            return connection;
          });
    } catch (InterruptedException interrupt) {
      check(me.interrupted, me + " says it was interrupted");
    } catch (BodyFailed expected) {
      trace.add("    the body of " + me + " has failed, " + bodies[0]);
      for (Throwable second : expected.getSuppressed()) {
        timeouts += second instanceof AcquireTimeoutException ? 1 : 0;
      }
    } catch (RuntimeException nothing) {
      gotNothing(me, nothing);
    } finally {
      callers.remove(me);
      renewing.remove(me);
    }
  }

  void callAsync() {
    Caller me = new Caller(settings.acquireTimeout());
    CompletableFuture<Object> future =
        pool.callAsync(
            connection -> {
              CompletableFuture<Object> stage = new CompletableFuture<>();
              guarded(() -> begins(me, new Held(me.number, connection, null, null, stage)));
              callers.remove(me);
              return stage;
            });
    me.future = future;
    me.hasAsked();
    future.whenComplete(
        (result, failure) -> {
          if (failure != null && !(failure instanceof BodyFailed) && callers.contains(me)) {
            guarded(() -> gotNothing(me, failure));
          }
          callers.remove(me);
        });
  }

  /** What a future's dependents throw goes nowhere. */
  private void guarded(Runnable checks) {
    try {
      checks.run();
    } catch (AssertionError | RuntimeException wrong) {
      world.fail(wrong);
    }
  }

  // --- what they get ---

  private void received(Caller me, Lease<FuzzConn> lease) {
    FuzzConn connection;
    try {
      connection = lease.get();
    } catch (IllegalStateException taken) {
      check(engine.isClosed(), me + " was given a lease that has ended");
      trace.add("    " + me + " has what a closing pool has taken back");
      return;
    }
    begins(me, new Held(me.number, connection, lease, null, null));
  }

  private void begins(Caller me, Held mine) {
    FuzzConn connection = mine.connection;
    trace.add("    " + me + " has " + mine);
    held.add(mine);
    connection.owners++;
    check(
        connection.owners <= (connection.shared ? connection.mostCapacity : 1),
        mine + " is the " + connection.owners + "th of " + connection.mostCapacity);
    check(
        connection.badSince >= me.servedAfter() || engine.isClosed(),
        mine + " was lent after it had to go: " + connection.reasons);
    if (!connection.shared || isOnlyUse(connection)) {
      checkProven(me, mine);
    }
    latestServed = Math.max(latestServed, me.since);
  }

  /** Whether there is no other share, nor one on its way to somebody. */
  private boolean isOnlyUse(FuzzConn connection) {
    for (Slot<FuzzConn> slot : engine.table.all()) {
      if (slot.connection == connection) {
        return Slot.shares(slot.word) == 1;
      }
    }
    return false;
  }

  private void checkProven(Caller me, Held mine) {
    FuzzConn connection = mine.connection;
    check(
        !settings.probes() || connection.shared || connection.probed,
        mine + " was not probed since its last use");
    long interval = settings.heartbeatInterval().toNanos();
    Fibre runs = Fibre.current();
    if (settings.heartbeats() && interval > 0 && runs != null && !runs.late) {
      long unused = (runs == me.fibre ? world.now() : runs.askedAt) - connection.provenAt;
      // a loan that was on its way to one who had gone counts as a use when it gets there
      check(
          unused < interval + world.longestDelay(), mine + " was unused for " + Nanos.text(unused));
    }
  }

  private void gotNothing(Caller me, Throwable failure) {
    Throwable reason = failure instanceof CompletionException ? failure.getCause() : failure;
    trace.add("    " + me + " gets nothing: " + reason.getClass().getSimpleName());
    if (reason instanceof AcquireTimeoutException) {
      timeouts++;
      long waited = world.now() - me.askedAt;
      check(waited >= Nanos.of(me.timeout), me + " was told too early that it is too late");
    } else if (reason instanceof PoolExhaustedException) {
      check(settings.whenExhausted() != WhenExhausted.WAIT, me + " was refused");
    } else if (reason instanceof PoolClosedException) {
      check(engine.isClosed(), me + " is told that an open pool is closed");
    } else if (reason instanceof CancellationException) {
      cancelled++;
    } else if (!(reason instanceof DialException)) {
      world.fail(new AssertionError(me + " got an unexpected failure", reason));
    }
  }

  // --- what they do with it ---

  /** Takes it out of the model; from here on the pool may lend it again. */
  private void ends(Held mine) {
    held.remove(mine);
    FuzzConn connection = mine.connection;
    connection.owners--;
    connection.provenAt = world.now();
    if (connection.owners == 0) {
      connection.probed = false;
    }
  }

  void end(Held mine, boolean invalidate) {
    trace.add("  " + (invalidate ? "invalidate " : "release ") + mine);
    Lease<FuzzConn> lease = mine.lease;
    if (lease == null) {
      throw new AssertionError(mine + " has no lease of its own");
    }
    if (invalidate) {
      mine.connection.reasons.add(CloseReason.INVALIDATED);
    }
    ends(mine);
    if (invalidate) {
      lease.invalidate();
      mine.connection.bad(CloseReason.INVALIDATED, world.step());
    } else {
      lease.close();
    }
    ended.add(new Ended(lease, invalidate));
    if (ended.size() > REMEMBERED) {
      ended.remove(0);
    }
  }

  /** Ends a lease that has ended before: nothing must happen but that it is counted. */
  void endAgain(Ended spent, boolean invalidate) {
    trace.add("  " + (invalidate ? "invalidate" : "release") + " what has ended");
    boolean counted =
        invalidate
            ? spent.invalidated || spent.lease instanceof SharedLease || !engine.isClosed()
            : !spent.invalidated && (spent.lease instanceof SharedLease || !engine.isClosed());
    misuses += counted ? 1 : 0;
    if (invalidate) {
      spent.lease.invalidate();
      spent.invalidated |= spent.lease instanceof ExclusiveLease;
    } else {
      spent.lease.close();
    }
    try {
      spent.lease.get();
      world.fail("a lease that has ended gives a connection");
    } catch (IllegalStateException expected) {
      trace.add("    as it should");
    }
  }

  void finish(Held mine) {
    trace.add("  finish " + mine);
    CompletableFuture<Object> stage = mine.stage;
    if (mine.body != null) {
      world.resume(mine.body);
    } else if (stage != null) {
      world.begin(
          "finish",
          () -> {
            ends(mine);
            try {
              failPerhaps(mine.connection);
              stage.complete("done");
            } catch (BodyFailed failure) {
              stage.completeExceptionally(
                  world.random.nextBoolean() ? failure : new CompletionException(failure));
            }
          });
    }
  }

  /** A body fails, and the transport will say what that means for the connection. */
  private void failPerhaps(FuzzConn connection) throws BodyFailed {
    Verdict verdict =
        switch (world.random.nextInt(6)) {
          case 0 -> Verdict.KEEP;
          case 1 -> Verdict.RETIRE;
          case 2 -> Verdict.CLOSE;
          default -> null;
        };
    if (verdict != null) {
      switch (verdict.fate()) {
        case CLOSE -> connection.reasons.add(CloseReason.INVALIDATED);
        case RETIRE -> connection.reasons.add(CloseReason.RETIRED);
        case KEEP -> {}
      }
      throw new BodyFailed(verdict);
    }
  }

  /** What a body throws; it says itself what is to become of the connection. */
  static final class BodyFailed extends RuntimeException {
    private static final long serialVersionUID = 1;
    final transient Verdict verdict;

    BodyFailed(Verdict verdict) {
      super("the body failed", null, true, false);
      this.verdict = verdict;
    }
  }

  void interrupt(Caller caller) {
    trace.add("  interrupt " + caller);
    caller.interrupted = true;
    if (caller.fibre != null) {
      world.interrupt(caller.fibre);
    }
  }

  void cancel(Caller caller) {
    trace.add("  cancel " + caller);
    if (caller.future != null) {
      caller.future.cancel(false);
    }
  }

  private void check(boolean holds, String otherwise) {
    if (!holds) {
      world.fail(otherwise);
    }
  }
}
