package io.connpool.persistent;

import io.connpool.Call;
import io.connpool.CloseReason;
import io.connpool.PoolClosedException;
import io.connpool.Transport;
import io.connpool.Verdict.Fate;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection that is dialed again whenever it is lost, until it is closed.
 *
 * <pre>{@code
 * try (PersistentConnection<Feed> feed =
 *     PersistentConnection.of(transport).onConnected(Feed::subscribe).start()) {
 *   feed.awaitUp(Duration.ofSeconds(5));
 *   feed.call(Duration.ofSeconds(1), f -> f.send(order));
 * }
 * }</pre>
 *
 * <p><b>States.</b> NEW, then CONNECTING and UP, or BACKOFF between dials that failed; from every
 * state CLOSED, which is the last.
 *
 * <p><b>Epochs.</b> Every connection that comes up has a number, one more than the one before. What
 * was begun on one is never continued on another: a caller gets one connection and keeps to it, and
 * whoever reports it lost names its epoch, so that a late report never hurts its successor.
 *
 * <p><b>Sharing.</b> All callers get the same connection at the same time. If it cannot be used by
 * several threads at once, they must take turns.
 *
 * <p><b>Waiting.</b> {@link #call} and {@link #up} wait for the connection to come up, within their
 * limit. {@link #close} takes a tenth of a second at most, whatever hangs.
 *
 * @param <C> the type of the connection
 */
public final class PersistentConnection<C> implements AutoCloseable {

  /** What a persistent connection is doing. */
  public enum State {
    /** Nothing yet. */
    NEW,
    /** It is being dialed. */
    CONNECTING,
    /** It can be used. */
    UP,
    /** The last dial failed, or a connection did not last; the next dial comes after a pause. */
    BACKOFF,
    /** It has been closed, for ever. */
    CLOSED
  }

  /**
   * A connection that is up, or was when this was made.
   *
   * @param connection shared by all who have this
   * @param epoch its number
   * @param <C> the type of the connection
   */
  public record Up<C>(C connection, long epoch) {}

  /** The range of the clock. */
  private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  private final String name;
  private final boolean failFast;
  private final Transport<C> transport;
  private final Redialer<C> redialer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock for writing; no user code runs under it.
  private volatile State state = State.NEW;
  private volatile @Nullable Up<C> up;
  private volatile @Nullable Throwable whyDown;
  private long epoch;
  private boolean hurry;

  PersistentConnection(PersistentBuilder<C> settings) {
    name = settings.name;
    failFast = settings.failFast;
    transport = settings.transport;
    redialer = new Redialer<>(this, settings);
  }

  /**
   * Begins to describe one.
   *
   * @param transport how to dial, to check and to close; a lambda that dials is enough
   * @param <C> the type of the connection
   * @return a builder with the documented defaults
   */
  public static <C> PersistentBuilder<C> of(Transport<C> transport) {
    return new PersistentBuilder<>(transport);
  }

  /** Begins to dial, unless that was done. Returns at once. */
  public void start() {
    if (move(State.NEW, State.CONNECTING)) {
      redialer.start();
    }
  }

  // --- for callers ---

  /**
   * What it is doing at this moment.
   *
   * @return never null
   */
  public State state() {
    return state;
  }

  /**
   * The number of the latest connection that came up.
   *
   * @return 0 before the first
   */
  public long epoch() {
    lock.lock();
    try {
      return epoch;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until it is up.
   *
   * @param limit zero or more
   * @return whether it is
   * @throws InterruptedException if interrupted
   * @throws PoolClosedException if it is or gets closed
   */
  public boolean awaitUp(Duration limit) throws InterruptedException {
    return await(limit) != null;
  }

  /**
   * The connection, waiting for it if need be (unless {@link PersistentBuilder#failFast}). For uses
   * that {@link #call} cannot express; whoever sees it fail says so with {@link #lost}.
   *
   * @param limit zero or more
   * @return the connection and its epoch
   * @throws NotConnectedException if it is down
   * @throws PoolClosedException if it is or gets closed
   * @throws InterruptedException if interrupted
   */
  public Up<C> up(Duration limit) throws InterruptedException {
    Up<C> found = await(failFast ? Duration.ZERO : limit);
    if (found == null) {
      throw new NotConnectedException(
          name + " is not connected (" + state + ")" + (failFast ? "" : ", waited " + limit),
          whyDown);
    }
    return found;
  }

  /**
   * The connection at this moment, for a look at it.
   *
   * @return empty while it is down
   */
  public Optional<C> current() {
    return Optional.ofNullable(up).map(Up::connection);
  }

  private @Nullable Up<C> await(Duration limit) throws InterruptedException {
    if (limit.isNegative()) {
      throw new IllegalArgumentException("limit must be zero or more, but is " + limit);
    }
    Up<C> now = up;
    if (now != null) {
      return now;
    }
    lock.lockInterruptibly();
    try {
      long left = limit.compareTo(FOREVER) < 0 ? limit.toNanos() : Long.MAX_VALUE;
      while (up == null && state != State.CLOSED && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (state == State.CLOSED) {
        throw closed();
      }
      return up;
    } finally {
      lock.unlock();
    }
  }

  private PoolClosedException closed() {
    return new PoolClosedException(name + " is closed");
  }

  /**
   * Runs something with the connection, on the calling thread. What it throws goes on unchanged; if
   * the transport's verdict on it is to close, the connection is lost and dialed again.
   *
   * @param limit how long to wait for the connection, zero or more
   * @param body what to do; gets one connection and must keep to it
   * @param <R> the type of the result
   * @param <X> what the body may throw
   * @return what the body returned
   * @throws X what the body threw
   * @throws NotConnectedException if it is down
   * @throws PoolClosedException if it is or gets closed
   * @throws InterruptedException if interrupted while waiting
   */
  public <R extends @Nullable Object, X extends Exception> R call(
      Duration limit, Call<? super C, ? extends R, X> body) throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    Up<C> mine = up(limit);
    try {
      return body.with(mine.connection());
    } catch (Throwable failure) {
      if (transport.classify(mine.connection(), failure).fate() != Fate.KEEP) {
        lost(mine.epoch(), failure);
      }
      throw failure;
    }
  }

  /**
   * Reports that a connection is lost. Does nothing if it is not the present one any more.
   *
   * @param lostEpoch which one
   * @param cause why
   */
  public void lost(long lostEpoch, Throwable cause) {
    Up<C> gone;
    lock.lock();
    try {
      gone = up;
      if (gone == null || gone.epoch() != lostEpoch) {
        return;
      }
      up = null;
      whyDown = cause;
      state = State.BACKOFF;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    redialer.dispose(gone.connection(), CloseReason.DEAD);
  }

  /** Dials at once if it is down; if it is up, lets it go and dials a new one. */
  public void reconnectNow() {
    Up<C> now = up;
    lock.lock();
    try {
      hurry = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (now != null) {
      lost(now.epoch(), new IllegalStateException("somebody asked for a new connection"));
    }
  }

  /**
   * Closes the connection and everything about it. Waiting callers fail; a dial that is under way
   * is interrupted, and what it still brings is closed. Again, nothing happens.
   */
  @Override
  public void close() {
    Up<C> last;
    lock.lock();
    try {
      if (state == State.CLOSED) {
        return;
      }
      last = up;
      up = null;
      state = State.CLOSED;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    redialer.end(last == null ? null : last.connection());
  }

  // --- for the redialer ---

  /** Moves on, unless somebody closed it. */
  boolean move(State from, State to) {
    lock.lock();
    try {
      if (state != from) {
        return false;
      }
      state = to;
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** A connection has come up; 0 if nobody wants it any more. */
  long cameUp(C connection, long number) {
    lock.lock();
    try {
      if (state != State.CONNECTING) {
        return 0;
      }
      epoch = number;
      whyDown = null;
      hurry = false;
      up = new Up<>(connection, number);
      state = State.UP;
      changed.signalAll();
      return number;
    } finally {
      lock.unlock();
    }
  }

  void stayedDown(Throwable cause) {
    whyDown = cause;
  }

  @Nullable Throwable whyDown() {
    return whyDown;
  }

  /** Waits while this connection is up; false if the time is over and it still is. */
  boolean awaitLoss(long number, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (isUp(number) && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !isUp(number);
    } finally {
      lock.unlock();
    }
  }

  private boolean isUp(long number) {
    Up<C> now = up;
    return now != null && now.epoch() == number;
  }

  /** Waits until it is time to dial, somebody is in a hurry, or it is closed. */
  void awaitRedial(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (!hurry && state != State.CLOSED && left > 0) {
        left = changed.awaitNanos(left);
      }
      hurry = false;
    } finally {
      lock.unlock();
    }
  }

  /** For messages. */
  @Override
  public String toString() {
    return "PersistentConnection[" + name + ", " + state + "]";
  }
}
