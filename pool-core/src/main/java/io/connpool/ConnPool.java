package io.connpool;

import io.connpool.spi.TransportProviders;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps connections of one {@link Transport} good and lends them.
 *
 * <pre>{@code
 * ConnPool<Socket> pool = ConnPool.builder(ctx -> new Socket("127.0.0.1", 7000)).build();
 * String answer = pool.call(socket -> ask(socket));
 * }</pre>
 *
 * <p>{@link #call} is the way to use a pool: it judges what the body throws, so a connection with
 * half an answer in it never goes back. {@link #acquire} is for uses that a lambda cannot express.
 *
 * <p><b>What a caller may wait for.</b> Only {@code acquire}, {@code call} and {@code run} wait,
 * only for a connection to become available, and never longer than their timeout, whatever dials,
 * heartbeats and closes do meanwhile. Nobody pays for somebody else's dial: a released connection
 * serves a waiter even if the dial begun for it still hangs.
 *
 * <p><b>Fairness.</b> A thread that asks while a connection is idle may be served before one that
 * waits. A waiter that was woken and found itself overtaken is given the next released connection.
 * {@link PoolBuilder#fair} makes the order strict.
 *
 * <p><b>Memory effects.</b> What a thread did before it ended a lease happens-before what the next
 * holder of that connection does after its acquire.
 *
 * <p>All methods may be called from any thread, virtual ones included.
 *
 * @param <C> the type of the connections
 */
public interface ConnPool<C> extends AutoCloseable {

  /**
   * Begins to describe a pool.
   *
   * @param transport how to dial; a lambda is enough: {@code ctx -> new Socket(host, port)}
   * @param <C> the type of the connections
   * @return a builder with the documented defaults
   */
  static <C> PoolBuilder<C> builder(Transport<C> transport) {
    return new PoolBuilder<>(transport);
  }

  /**
   * Begins to describe a pool by a URI: its scheme names the transport, its options are those of
   * the transport and the settings of the builder that can be written down, under their own names.
   *
   * <pre>{@code
   * tcp://orders.example:7000?maxActive=64&acquireTimeout=250ms&whenExhausted=fail
   * }</pre>
   *
   * @param uri what to connect to, and how; secrets in it are never printed
   * @param type what the connections are
   * @param <C> what the connections are
   * @return a builder with these settings, to be refined or built
   * @throws IllegalArgumentException if no {@link io.connpool.spi.TransportProvider}, or more than
   *     one, has this scheme, or the URI has anything that neither the transport nor the pool
   *     knows; the message lists what there is
   * @throws PoolException if the provider fails
   */
  static <C> PoolBuilder<C> builder(URI uri, Class<C> type) {
    return TransportProviders.builder(uri, type);
  }

  /**
   * Starts a pool that is described by a URI: {@link #builder(URI, Class)} and {@link
   * PoolBuilder#build}.
   *
   * @param uri as for {@link #builder(URI, Class)}
   * @param type what the connections are
   * @param <C> what the connections are
   * @return a pool that the caller must close
   */
  static <C> ConnPool<C> open(URI uri, Class<C> type) {
    return builder(uri, type).build();
  }

  /**
   * Acquires a connection, waiting up to the configured acquire timeout.
   *
   * @return a lease the caller must end
   * @throws AcquireTimeoutException if none became available in time
   * @throws PoolExhaustedException if the policy forbids to wait
   * @throws DialException if the dials begun for this caller all failed
   * @throws PoolClosedException if the pool is or gets closed
   * @throws InterruptedException if the thread is interrupted before or while waiting; nothing was
   *     acquired then
   */
  Lease<C> acquire() throws InterruptedException;

  /**
   * As {@link #acquire()}, with its own limit.
   *
   * @param timeout how long to wait, zero for not at all
   * @return a lease the caller must end
   * @throws InterruptedException as for {@link #acquire()}
   * @throws IllegalArgumentException if the timeout is negative
   */
  Lease<C> acquire(Duration timeout) throws InterruptedException;

  /**
   * Takes a connection that is ready now. Never waits, and ignores interrupts; when there is none
   * and fewer than maxActive exist, a dial is begun for whoever asks next.
   *
   * @return a lease the caller must end, or empty
   * @throws PoolClosedException if the pool is closed
   */
  Optional<Lease<C>> tryAcquire();

  /**
   * Acquires without blocking, within the configured acquire timeout.
   *
   * @return completes with a lease that the receiver must end, or with one of the exceptions of
   *     {@link #acquire()}. Completed on a thread of the pool's unless a connection was ready.
   *     Cancelling it gives up the place in the queue; a lease that was on its way goes back.
   */
  CompletableFuture<Lease<C>> acquireAsync();

  /**
   * As {@link #acquireAsync()}, with its own limit.
   *
   * @param timeout how long the caller is willing to be queued, zero for not at all
   * @return as for {@link #acquireAsync()}
   * @throws IllegalArgumentException if the timeout is negative
   */
  CompletableFuture<Lease<C>> acquireAsync(Duration timeout);

  /**
   * Acquires, runs the body on the calling thread, and releases. Waits and fails as {@link
   * #acquire()} does before the body begins, and for nothing afterwards. If the body throws, the
   * transport's {@link Transport#classify verdict} decides whether the connection is kept; the
   * exception goes on unchanged.
   *
   * @param body what to do with the connection
   * @param <R> the type of the result
   * @param <X> what the body may throw
   * @return what the body returned
   * @throws X what the body threw
   * @throws InterruptedException as for {@link #acquire()}
   */
  <R extends @Nullable Object, X extends Exception> R call(Call<? super C, ? extends R, X> body)
      throws X, InterruptedException;

  /**
   * As {@link #call(Call)}, with its own limit for the acquire.
   *
   * @param timeout how long to wait for a connection
   * @param body what to do with the connection
   * @param <R> the type of the result
   * @param <X> what the body may throw
   * @return what the body returned
   * @throws X what the body threw
   * @throws InterruptedException as for {@link #acquire()}
   */
  <R extends @Nullable Object, X extends Exception> R call(
      Duration timeout, Call<? super C, ? extends R, X> body) throws X, InterruptedException;

  /**
   * As {@link #call(Call)}, for an operation that does no harm when it is executed twice: if its
   * connection turns out to have gone stale, it is made once more, on a connection dialed for it.
   *
   * <p>Stale means that the connection had been used or idle before, that it failed within a second
   * of the body's begin, other than by a time-out, and that the transport's verdict neither says
   * {@link Verdict.Retry#NEVER} nor blames the caller. Whatever fails otherwise is likely to fail
   * again. How often this may happen is limited by a {@link RetryBudget}. If the second time fails
   * too, that failure goes on, with the first one suppressed in it; if there is no connection for a
   * second time, the first one goes on.
   *
   * @param op {@link Op#idempotent()}, with its own limit for both acquires or without
   * @param body what to do with the connection; runs once or twice
   * @param <R> the type of the result
   * @param <X> what the body may throw
   * @return what the body returned
   * @throws X what the body threw
   * @throws InterruptedException as for {@link #acquire()}
   */
  <R extends @Nullable Object, X extends Exception> R call(
      Op op, Call<? super C, ? extends R, X> body) throws X, InterruptedException;

  /**
   * As {@link #call(Call)}, for a body without a result.
   *
   * @param body what to do with the connection
   * @param <X> what the body may throw
   * @throws X what the body threw
   * @throws InterruptedException as for {@link #acquire()}
   */
  <X extends Exception> void run(Action<? super C, X> body) throws X, InterruptedException;

  /**
   * As {@link #run(Action)}, with its own limit for the acquire.
   *
   * @param timeout how long to wait for a connection
   * @param body what to do with the connection
   * @param <X> what the body may throw
   * @throws X what the body threw
   * @throws InterruptedException as for {@link #acquire()}
   */
  <X extends Exception> void run(Duration timeout, Action<? super C, X> body)
      throws X, InterruptedException;

  /**
   * Acquires without blocking, begins the body, and ends the lease when the body's stage completes.
   * A failed stage, or a body that throws, is judged as in {@link #call(Call)}.
   *
   * @param body begins something with the connection; runs on the calling thread if a connection
   *     was ready, otherwise on a thread of the pool's
   * @param <R> the type of the result
   * @return completes as the body's stage does, or with one of the exceptions of {@link
   *     #acquire()}. Cancelling it does not stop a body that has begun; the lease still ends with
   *     its stage.
   */
  <R extends @Nullable Object> CompletableFuture<R> callAsync(AsyncCall<? super C, R> body);

  /**
   * The figures of this moment, also of a closed pool. Waits for nothing; costs a pass over the
   * connections.
   *
   * @return an immutable snapshot
   */
  PoolStats stats();

  /**
   * Every connection there is at this moment, each by itself, in the order in which they were
   * dialed; those being dialed or closed are not among them. Waits for nothing; costs a pass over
   * the connections, and an object for each. They are looked at one after the other while the pool
   * goes on working, as for {@link #stats()}.
   *
   * @return an immutable list; empty once the pool has ended
   */
  List<ConnectionStats> connections();

  /**
   * The settings in force, after clamps and defaults, also of a closed pool.
   *
   * @return immutable; {@link #reconfigure} makes another one
   */
  PoolConfig effectiveConfig();

  /**
   * Changes settings while the pool works: {@code pool.reconfigure(b -> b.maxActive(50))}. A higher
   * limit serves waiters at once. With a lower one no lease is cut: idle connections beyond it are
   * closed now, leased ones when they come back. Returns at once. Waits, dials and heartbeats that
   * have begun end by the limits they began with; a connection keeps the lifetime it was born with.
   * The name, the attributes and the functions of a pool cannot be changed.
   *
   * @param change what to change; starts from what the pool was built with and earlier changes; may
   *     be called again if another thread changes something at the same time
   * @return the settings now in force
   * @throws IllegalArgumentException if they contradict each other; nothing is changed
   */
  PoolConfig reconfigure(UnaryOperator<PoolBuilder<C>> change);

  /**
   * Dials until so many connections exist, and waits for it: so that the first callers find them.
   * Dials that fail are tried again, with the pool's pauses, as long as there is time.
   *
   * @param connections how many; at most maxActive
   * @param parallelism how many dials at once; maxConcurrentDials is not counted
   * @param timeout how long to wait
   * @param progress told how many exist, each time that changes, on the calling thread
   * @return how many exist at the end; fewer than asked for if time was over or the pool was closed
   * @throws InterruptedException if interrupted; dials go on
   * @throws IllegalArgumentException if a number or the timeout makes no sense
   */
  int warmUp(int connections, int parallelism, Duration timeout, IntConsumer progress)
      throws InterruptedException;

  /**
   * Lets every connection go that exists now or is being dialed: idle ones at once, leased ones
   * when they come back. Returns at once; the closes happen on threads of the pool's. For when the
   * peer has moved, or its answers cannot be trusted any more.
   */
  void evictAll();

  /**
   * Doubts every connection that nobody uses: each must pass a heartbeat before its next loan.
   * Returns at once. The pool does this by itself, at most once a second, when a connection that
   * had worked breaks in the hands of a {@code call}: what ended it has likely ended others.
   * Without a heartbeat there is nothing to ask; a probe looks before each loan anyway.
   */
  void suspectAll();

  /**
   * Closes the pool: nothing is lent from now on, waiters fail with {@link PoolClosedException},
   * idle connections are closed, leases may finish. After the grace the connections still out are
   * closed under their holders. Returns at most one second after the grace. Closing a closed pool
   * only waits for the same end.
   *
   * @param grace how long leases may take, zero for not at all
   * @return true if every lease ended by itself and every close returned
   * @throws IllegalArgumentException if the grace is negative
   */
  boolean close(Duration grace);

  /** {@link #close(Duration)} with the configured close timeout. */
  @Override
  void close();
}
