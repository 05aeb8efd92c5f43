package io.connpool.internal;

import io.connpool.Action;
import io.connpool.AsyncCall;
import io.connpool.Call;
import io.connpool.ConnPool;
import io.connpool.ConnectionStats;
import io.connpool.Lease;
import io.connpool.Op;
import io.connpool.PoolBuilder;
import io.connpool.PoolClosedException;
import io.connpool.PoolConfig;
import io.connpool.PoolEvent.PoolClosed;
import io.connpool.PoolException;
import io.connpool.PoolListener;
import io.connpool.PoolStats;
import io.connpool.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The pool as its users see it, laid over the engine. */
public final class DefaultConnPool<C> implements ConnPool<C> {
  /**
   * So often a call is made elsewhere. Each time a connection was dialed well and went before it
   * took anything; a peer that does so again and again must not be dialed for as long as it does.
   */
  private static final int MOST_MOVES = 8;

  final Engine<C> engine;
  private final WaitingRoom<C> waitingRoom;
  private final AtomicReference<Description<PoolBuilder<C>>> description;

  /**
   * A pool that does nothing before it is {@link #open opened}.
   *
   * @param description what the builder was told
   * @param transport the user's transport and functions
   * @param listeners who is told what happens
   * @param environment the world to live in; closed with the pool
   */
  public DefaultConnPool(
      Description<PoolBuilder<C>> description,
      ComposedTransport<C> transport,
      List<PoolListener> listeners,
      Environment environment) {
    this.description = new AtomicReference<>(description);
    engine = new Engine<>(description.config(), transport, listeners, environment);
    waitingRoom = engine.waitingRoom;
  }

  /**
   * Begins to work, unless a listener refuses.
   *
   * @param listeners those it was made with
   * @throws RuntimeException what one of them throws; the pool is closed then
   */
  public void open(List<PoolListener> listeners) {
    int opened = 0;
    try {
      for (PoolListener listener : listeners) {
        listener.poolOpened(this);
        opened++;
      }
    } finally {
      if (opened == listeners.size()) {
        engine.start();
      } else {
        engine.announcer.hangUp(); // the one that refused knows of no pool that could end
        engine.shutdown.close(0);
        PoolClosed end = new PoolClosed(engine.name, true);
        listeners.subList(0, opened).forEach(listener -> listener.poolClosed(end));
      }
    }
  }

  @Override
  public Lease<C> acquire() throws InterruptedException {
    return acquireWithin(engine.settings().acquireTimeout);
  }

  @Override
  public Lease<C> acquire(Duration timeout) throws InterruptedException {
    return acquireWithin(nanos("timeout", timeout));
  }

  private Loan<C> acquireWithin(long nanos) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Slot<C> slot = engine.table.hint();
    long stamp = engine.lending.tryTake(slot);
    if (stamp == 0) {
      Loan<C> loan = acquireSlowly(nanos);
      if (!(loan instanceof ExclusiveLease<C> exclusive)) {
        loan.begun(Thread.currentThread().getId());
        return loan;
      }
      slot = exclusive.slot;
      stamp = exclusive.stamp();
    }
    slot.begun(Thread.currentThread().getId());
    // The one place where a lease is made, whichever way it came: so the compiler can see that it
    // need not be made at all if the caller does not let it go.
    return new ExclusiveLease<>(slot, stamp);
  }

  private Loan<C> acquireSlowly(long nanos) throws InterruptedException {
    Loan<C> loan = engine.lending.takeNow();
    return engine.leaks.watched(loan != null ? loan : waitingRoom.await(nanos));
  }

  @Override
  public Optional<Lease<C>> tryAcquire() {
    Loan<C> loan = engine.lending.takeNow();
    if (loan == null) {
      if (engine.isClosed()) {
        throw waitingRoom.closed();
      }
      engine.supply.wish();
      return Optional.empty();
    }
    loan.begun(Thread.currentThread().getId());
    return Optional.of(engine.leaks.watched(loan));
  }

  @Override
  public CompletableFuture<Lease<C>> acquireAsync() {
    return acquireAsyncWithin(engine.settings().acquireTimeout);
  }

  @Override
  public CompletableFuture<Lease<C>> acquireAsync(Duration timeout) {
    return acquireAsyncWithin(nanos("timeout", timeout));
  }

  private CompletableFuture<Lease<C>> acquireAsyncWithin(long nanos) {
    Loan<C> loan = engine.lending.takeNow();
    if (loan == null) {
      return waitingRoom.enqueue(nanos);
    }
    loan.begun(Thread.currentThread().getId());
    return CompletableFuture.completedFuture(engine.leaks.watched(loan));
  }

  @Override
  public <R extends @Nullable Object, X extends Exception> R call(
      Call<? super C, ? extends R, X> body) throws X, InterruptedException {
    return callWithin(engine.settings().acquireTimeout, body);
  }

  @Override
  public <R extends @Nullable Object, X extends Exception> R call(
      Duration timeout, Call<? super C, ? extends R, X> body) throws X, InterruptedException {
    return callWithin(nanos("timeout", timeout), body);
  }

  private <R extends @Nullable Object, X extends Exception> R callWithin(
      long nanos, Call<? super C, ? extends R, X> body) throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    Loan<C> loan = acquireWithin(nanos);
    C connection = connection(loan);
    R result;
    try {
      result = body.with(connection);
    } catch (Throwable failure) {
      if (!engine.failures.end(loan, connection, failure)) {
        throw failure;
      }
      return callElsewhere(nanos, body, failure);
    }
    loan.close();
    return result;
  }

  /** Nothing that the body had sent has left its shared connection, which goes. */
  private <R extends @Nullable Object, X extends Exception> R callElsewhere(
      long nanos, Call<? super C, ? extends R, X> body, Throwable first)
      throws X, InterruptedException {
    long deadline = engine.now() + nanos; // no clock is read while nothing fails
    for (int moves = 1; ; moves++) {
      Loan<C> loan = acquireAfter(first, deadline);
      C connection = connection(loan);
      R result;
      try {
        result = body.with(connection);
      } catch (Throwable failure) {
        if (!engine.failures.end(loan, connection, failure) || moves == MOST_MOVES) {
          throw failure;
        }
        continue;
      }
      loan.close();
      return result;
    }
  }

  private Loan<C> acquireAfter(Throwable first, long deadline) throws InterruptedException {
    try {
      return acquireWithin(Math.max(0, deadline - engine.now()));
    } catch (PoolException none) {
      none.addSuppressed(first);
      throw none;
    }
  }

  @Override
  public <R extends @Nullable Object, X extends Exception> R call(
      Op op, Call<? super C, ? extends R, X> body) throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    Failures<C> failures = engine.failures;
    failures.earnRetry();
    long limit = Nanos.of(op.timeoutOr(effectiveConfig().acquireTimeout()));
    long deadline = engine.now() + limit;
    Loan<C> loan = acquireWithin(limit);
    C connection = connection(loan);
    long begun = engine.now();
    long lastSerial = engine.supply.lastSerial();
    R result;
    try {
      result = body.with(connection);
    } catch (Throwable failure) {
      Verdict verdict = failures.judge(loan, connection, failure);
      if (failures.mayRenew(loan, verdict, failure, begun, deadline)) {
        Loan<C> renewed = failures.renew(loan, verdict, failure, lastSerial, deadline);
        if (renewed == null) {
          throw failure;
        }
        return callAgain(renewed, body, failure);
      }
      if (!failures.end(loan, verdict, failure)) {
        throw failure;
      }
      return callElsewhere(Math.max(0, deadline - engine.now()), body, failure);
    }
    loan.close();
    return result;
  }

  private <R extends @Nullable Object, X extends Exception> R callAgain(
      Loan<C> loan, Call<? super C, ? extends R, X> body, Throwable first)
      throws X, InterruptedException {
    C connection = connection(loan);
    R result;
    try {
      result = body.with(connection);
    } catch (Throwable failure) {
      if (failure != first) {
        failure.addSuppressed(first);
      }
      engine.failures.end(loan, connection, failure);
      throw failure;
    }
    loan.close();
    return result;
  }

  @Override
  public <X extends Exception> void run(Action<? super C, X> body) throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    callWithin(engine.settings().acquireTimeout, asCall(body));
  }

  @Override
  public <X extends Exception> void run(Duration timeout, Action<? super C, X> body)
      throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    callWithin(nanos("timeout", timeout), asCall(body));
  }

  private static <C, X extends Exception> Call<C, Boolean, X> asCall(Action<? super C, X> body) {
    return connection -> {
      body.with(connection);
      return true;
    };
  }

  @Override
  public <R extends @Nullable Object> CompletableFuture<R> callAsync(AsyncCall<? super C, R> body) {
    Objects.requireNonNull(body, "body");
    CompletableFuture<R> result = new CompletableFuture<>();
    long nanos = engine.settings().acquireTimeout;
    begin(acquireAsyncWithin(nanos), result, new Course<>(body, 0, nanos));
    return result;
  }

  /**
   * How far an asynchronous call is.
   *
   * @param body what to do
   * @param moves how often it was made elsewhere
   * @param limit how long all acquires for these moves may take; the moment, once there was one
   */
  private record Course<C, R extends @Nullable Object>(
      AsyncCall<? super C, R> body, int moves, long limit) {}

  private <R extends @Nullable Object> void begin(
      CompletableFuture<Lease<C>> acquired, CompletableFuture<R> result, Course<C, R> course) {
    CompletableFuture<R> unused =
        result.whenComplete(
            (value, failure) -> {
              if (result.isCancelled()) {
                acquired.cancel(false);
              }
            });
    CompletableFuture<Lease<C>> unusedToo =
        acquired.whenComplete(
            (lease, failure) -> {
              if (failure != null) {
                result.completeExceptionally(failure);
              } else {
                begin((Loan<C>) lease, result, course);
              }
            });
  }

  private <R extends @Nullable Object> void begin(
      Loan<C> loan, CompletableFuture<R> result, Course<C, R> course) {
    if (result.isDone()) { // cancelled just as the connection came
      loan.close();
      return;
    }
    C connection;
    try {
      connection = connection(loan);
    } catch (PoolClosedException closed) {
      result.completeExceptionally(closed);
      return;
    }
    CompletionStage<R> stage;
    try {
      stage = Objects.requireNonNull(course.body.with(connection), "the stage of an async call");
    } catch (Throwable failure) {
      fail(loan, connection, failure, result, course);
      return;
    }
    stage.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            loan.close();
            result.complete(value);
          } else {
            // a stage that depends on another one wraps what failed there
            Throwable cause = failure.getCause();
            Throwable real =
                failure instanceof CompletionException && cause != null ? cause : failure;
            fail(loan, connection, real, result, course);
          }
        });
  }

  private <R extends @Nullable Object> void fail(
      Loan<C> loan,
      C connection,
      Throwable failure,
      CompletableFuture<R> result,
      Course<C, R> course) {
    if (!engine.failures.end(loan, connection, failure) || course.moves == MOST_MOVES) {
      result.completeExceptionally(failure);
      return;
    }
    long now = engine.now();
    long deadline = course.moves == 0 ? now + course.limit : course.limit;
    begin(
        acquireAsyncWithin(Math.max(0, deadline - now)),
        result,
        new Course<>(course.body, course.moves + 1, deadline));
  }

  /** Of a loan just begun, which only a close without grace can have ended already. */
  private C connection(Loan<C> loan) {
    C connection = loan.lent();
    if (connection == null) {
      throw waitingRoom.closed();
    }
    return connection;
  }

  @Override
  public PoolStats stats() {
    return engine.census.stats();
  }

  @Override
  public List<ConnectionStats> connections() {
    return engine.census.connections();
  }

  @Override
  public PoolConfig effectiveConfig() {
    return engine.settings().config;
  }

  @Override
  public PoolConfig reconfigure(UnaryOperator<PoolBuilder<C>> change) {
    Description<PoolBuilder<C>> now;
    Description<PoolBuilder<C>> next;
    do {
      now = described();
      next = now.changed(change);
    } while (!description.compareAndSet(now, next));
    // Of two threads the later one may come first to here, so each looks again after it.
    while (!engine.settings().config.equals(described().config())) {
      engine.reconfigure(described().config());
    }
    return next.config();
  }

  private Description<PoolBuilder<C>> described() {
    return Objects.requireNonNull(description.get());
  }

  @Override
  public int warmUp(int connections, int parallelism, Duration timeout, IntConsumer progress)
      throws InterruptedException {
    int most = engine.settings().limit;
    require(connections >= 0 && connections <= most, "connections", connections, "0 to " + most);
    require(parallelism >= 1, "parallelism", parallelism, "1 or more");
    return engine.supply.warmUp(connections, parallelism, nanos("timeout", timeout), progress);
  }

  @Override
  public void evictAll() {
    engine.evictAll();
  }

  @Override
  public void suspectAll() {
    engine.checks.suspectAll();
  }

  @Override
  public boolean close(Duration grace) {
    return engine.shutdown.close(nanos("grace", grace));
  }

  @Override
  public void close() {
    engine.shutdown.close(Nanos.of(effectiveConfig().closeTimeout()));
  }

  @Override
  public String toString() {
    return "ConnPool[" + engine.name + ", " + stats() + "]";
  }

  private static void require(boolean holds, String what, int value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(what + " must be " + expected + ", but is " + value);
    }
  }

  private static long nanos(String what, Duration value) {
    if (Objects.requireNonNull(value, what).isNegative()) {
      throw new IllegalArgumentException(what + " must not be negative, but is " + value);
    }
    return Nanos.of(value);
  }
}
