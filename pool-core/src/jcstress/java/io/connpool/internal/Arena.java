package io.connpool.internal;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolConfig;
import io.connpool.PoolException;
import io.connpool.Transport;
import io.connpool.WhenExhausted;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A whole engine with one slot for one race. What workers are given runs on the spot, so no thread
 * takes part but the two actors; time stands still, except that somebody who waits for a moment
 * finds that it has come; timers fire only when the race says so.
 */
final class Arena extends AbstractExecutorService implements Environment.Clock, Environment.Timers {
  /** No other thread is descheduled for so long; who sleeps through it was not woken. */
  private static final long OVERSLEPT_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** Time limits of waiters that are to wait until they are served. */
  static final long LONG = TimeUnit.DAYS.toNanos(1);

  /** Once one has overslept, the others need not prove it at length. */
  private static final AtomicBoolean SOMEBODY_OVERSLEPT = new AtomicBoolean();

  private static final Random RANDOM = new Random(1);
  private static final Exception GONE = new IllegalStateException("gone");

  final Engine<Conn> engine;

  private final Queue<Conn> dialed = new ConcurrentLinkedQueue<>();
  private final Queue<Runnable> timers = new ConcurrentLinkedQueue<>();
  private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();
  private boolean holdsWork;
  private volatile long now = 1;
  private volatile boolean overslept;
  private volatile boolean ended;

  /** A connection that counts how often it was closed. */
  static final class Conn {
    private final DialContext context;
    private final AtomicInteger closes = new AtomicInteger();

    private Conn(DialContext context) {
      this.context = context;
    }

    /** What a real one does when it finds that its peer is gone. */
    void reportDeath() {
      context.signals().dead(GONE);
    }

    boolean isClosed() {
      return closes.get() > 0;
    }
  }

  private class ExclusiveTransport implements Transport<Conn> {
    @Override
    public Conn dial(DialContext context) {
      Conn connection = new Conn(context);
      dialed.add(connection);
      return connection;
    }

    @Override
    public void close(Conn connection, CloseReason reason) {
      connection.closes.incrementAndGet();
    }
  }

  private final class SharedTransport extends ExclusiveTransport {
    @Override
    public int capacity(Conn connection) {
      return 2;
    }
  }

  private Arena(boolean fair, boolean shared) {
    Duration never = Duration.ZERO;
    Duration limit = Duration.ofSeconds(5);
    PoolConfig config =
        new PoolConfig(
            "arena",
            /* maxActive= */ 1,
            /* minIdle= */ 0,
            /* maxIdle= */ 1,
            /* hardMax= */ 1,
            WhenExhausted.WAIT,
            fair,
            /* maxWaiters= */ 0,
            limit,
            limit,
            /* dialAttempts= */ 1,
            /* maxConcurrentDials= */ 1,
            /* failFastAfter= */ 0,
            never,
            never,
            never,
            limit,
            /* leakThreshold= */ never,
            Map.of());
    Transport<Conn> transport = shared ? new SharedTransport() : new ExclusiveTransport();
    engine =
        new Engine<>(
            config,
            new ComposedTransport<>(config.name(), transport, null, null, null, null),
            List.of(),
            new Environment(this, this, this, this, RANDOM));
  }

  /** One connection, for one user at a time; who comes first takes it. */
  static Arena exclusive() {
    return new Arena(false, false);
  }

  /** One connection, for one user at a time, in order of arrival. */
  static Arena fair() {
    return new Arena(true, false);
  }

  /** One connection, for two users at once. */
  static Arena shared() {
    return new Arena(false, true);
  }

  // --- what the actors do ---

  /** Takes a connection, waiting for it as a thread does; null if the wait fails. */
  @Nullable Loan<Conn> acquire(long nanos) {
    try {
      Loan<Conn> loan = engine.lending.takeNow();
      return loan != null ? loan : engine.waitingRoom.await(nanos);
    } catch (InterruptedException | PoolException noLoan) {
      return null;
    }
  }

  /** A lease that there is for sure; the connection is dialed if it is the first. */
  Loan<Conn> lend() {
    return Objects.requireNonNull(acquire(LONG));
  }

  /** The first connection, as soon as another thread has dialed it. */
  Conn awaitFirst() {
    Conn first = dialed.peek();
    while (first == null) {
      Thread.onSpinWait();
      first = dialed.peek();
    }
    return first;
  }

  /** Lets more time pass than the engine ever pauses between dials. */
  void outlastPauses() {
    now += TimeUnit.MINUTES.toNanos(1);
  }

  /** Waits as a future. */
  CompletableFuture<Lease<Conn>> enqueue() {
    return engine.waitingRoom.enqueue(LONG);
  }

  /** Ends the pool without waiting for that end. */
  void beginClose(long graceNanos) {
    engine.shutdown.begin(graceNanos);
  }

  /** The limits of all who wait as futures have come. */
  void fireTimers() {
    for (Runnable timer = timers.poll(); timer != null; timer = timers.poll()) {
      timer.run();
    }
  }

  /** From now on workers begin nothing. */
  void holdWork() {
    holdsWork = true;
  }

  /** The workers do what was held back, and whatever that leads to. */
  void work() {
    for (Runnable task = held.poll(); task != null; task = held.poll()) {
      task.run();
    }
  }

  // --- what came of it, in words ---

  /** Whether the pool still does what it should: lend, let wait, pass on. */
  String soundness() {
    if (overslept) {
      return "a wake-up is lost";
    }
    Loan<Conn> loan = engine.lending.takeNow();
    if (loan == null) {
      return "the connection is lost";
    }
    CompletableFuture<Lease<Conn>> waiter = enqueue();
    loan.close();
    if (!waiter.isDone()) {
      return "the queue is stuck";
    }
    waiter.join().close();
    return engine.queue.size() == 0 ? "sound" : "somebody is left in the queue";
  }

  /** How often each connection was closed, and whether the pool has come to its end. */
  String remains() {
    int open = 0;
    for (Conn connection : dialed) {
      int closes = connection.closes.get();
      if (closes > 1) {
        return "closed twice";
      }
      open += 1 - closes;
    }
    if (open > 0) {
      return "left open";
    }
    return ended && engine.queue.size() == 0 ? "all closed" : "the pool does not end";
  }

  /** What a future of a waiter came to. */
  static String fateOf(CompletableFuture<Lease<Conn>> waiter) {
    if (!waiter.isDone()) {
      return "waits for ever";
    }
    if (!waiter.isCompletedExceptionally()) {
      return "served";
    }
    return waiter
        .handle((lease, failure) -> failure)
        .thenApply(
            failure ->
                failure instanceof PoolClosedException
                    ? "told of the close"
                    : failure instanceof AcquireTimeoutException ? "timed out" : "cancelled")
        .join();
  }

  // --- the world of the engine ---

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public void park(Object blocker) {
    throw new UnsupportedOperationException("only virtual threads do, and here are none");
  }

  @Override
  public void unpark(Thread thread) {
    LockSupport.unpark(thread);
  }

  /** A moment that is near has come; for one that is far, only a wake-up ends the sleep in time. */
  @Override
  public void parkUntil(Object blocker, long moment) {
    if (moment - now < LONG / 2) {
      now = moment;
      return;
    }
    long began = System.nanoTime();
    long limit = SOMEBODY_OVERSLEPT.get() ? 1_000_000 : OVERSLEPT_NANOS;
    LockSupport.parkNanos(blocker, limit);
    if (System.nanoTime() - began >= limit) {
      SOMEBODY_OVERSLEPT.set(true);
      overslept = true;
    }
  }

  @Override
  public Environment.Timer at(long moment, Runnable task) {
    timers.add(task);
    return () -> timers.remove(task);
  }

  @Override
  public void close() {
    timers.clear();
  }

  @Override
  public void execute(Runnable task) {
    if (ended) {
      throw new RejectedExecutionException("the pool has ended");
    } else if (holdsWork) {
      held.add(task);
    } else {
      task.run();
    }
  }

  @Override
  public void shutdown() {
    ended = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException("the engine never does this");
  }

  @Override
  public boolean isShutdown() {
    return ended;
  }

  @Override
  public boolean isTerminated() {
    return ended;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return ended;
  }
}
