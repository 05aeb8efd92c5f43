package io.connpool.commons;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolExhaustedException;
import io.connpool.PoolStats;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import org.apache.commons.pool2.ObjectPool;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ConnPool} as an {@code ObjectPool}, for code that holds one.
 *
 * <pre>{@code
 * ObjectPool<Client> pool = ObjectPoolView.of(connPool);
 * }</pre>
 *
 * <p>The methods do what the Javadoc of {@code ObjectPool} says. What it leaves open:
 *
 * <ul>
 *   <li>A borrow waits as {@link ConnPool#acquire()} does; the acquire timeout covers a dial too.
 *   <li>Exactly one of several returns or invalidations of the same loan counts; the others throw
 *       {@link IllegalStateException} and touch nothing.
 *   <li>Objects are destroyed by threads of the pool's, soon after the call that let them go.
 *   <li>{@link #close} waits for what is borrowed, up to the pool's close timeout.
 * </ul>
 *
 * <p>An {@code ObjectPool} hands out bare objects, so each loan is looked up by identity when it
 * comes back: as many entries as objects are out. New code should use the {@link ConnPool}.
 *
 * @param <T> the type of the objects, which are the connections
 */
public final class ObjectPoolView<T> implements ObjectPool<T> {
  private final ConnPool<T> pool;
  private final IdentityMap<T, Lease<T>> loans = new IdentityMap<>();

  private ObjectPoolView(ConnPool<T> pool) {
    this.pool = Objects.requireNonNull(pool, "pool");
  }

  /**
   * A view of this pool. The pool may be used directly at the same time.
   *
   * @param pool lends to one holder at a time; closed with the view
   * @param <T> the type of the objects
   * @return the view
   */
  public static <T> ObjectPoolView<T> of(ConnPool<T> pool) {
    return new ObjectPoolView<>(pool);
  }

  /**
   * Borrows an object.
   *
   * @return the object, to be given back with {@link #returnObject} or {@link #invalidateObject}
   * @throws NoSuchElementException if the pool is exhausted, or the time is over, or a new object
   *     could not be made ready
   * @throws IllegalStateException if the pool is closed
   * @throws Exception what the dial (makeObject) threw
   */
  @Override
  public T borrowObject() throws Exception {
    Lease<T> lease = acquire();
    T object = lease.get();
    if (!loans.add(object, lease)) {
      lease.close();
      throw new IllegalStateException(
          pool + " shares its connections, an ObjectPool lends to one holder at a time");
    }
    return object;
  }

  @Override
  public void returnObject(T object) {
    endOf(object, "returned").close();
  }

  @Override
  public void invalidateObject(T object) {
    endOf(object, "invalidated").invalidate();
  }

  /** Out of the map before the lease ends: afterwards somebody else may borrow the object. */
  private Lease<T> endOf(T object, String how) {
    Lease<T> lease = loans.remove(object);
    if (lease == null) {
      throw new IllegalStateException(
          object + " is " + how + ", but not borrowed: by nobody, or given back before");
    }
    return lease;
  }

  /**
   * Adds one idle object, unless there are as many objects as there may be. To make sure that a new
   * one is made, those that are idle are borrowed for as long as that takes; meant for start-up.
   *
   * @throws IllegalStateException if the pool is closed
   * @throws Exception what the dial (makeObject) threw
   */
  @Override
  public void addObject() throws Exception {
    List<Lease<T>> held = new ArrayList<>();
    try {
      Optional<Lease<T>> idle = takeIdle();
      while (idle.isPresent()) {
        held.add(idle.get());
        idle = takeIdle();
      }
      PoolStats stats = pool.stats();
      int most = pool.effectiveConfig().maxActive();
      if (most == 0 || stats.total() < most) {
        held.add(acquire());
      }
    } finally {
      held.forEach(Lease::close);
    }
  }

  /** Destroys the objects that are idle now. */
  @Override
  public void clear() {
    for (int i = pool.stats().idle(); i > 0; i--) {
      takeIdle().ifPresent(Lease::invalidate);
    }
  }

  private Optional<Lease<T>> takeIdle() {
    try {
      return pool.tryAcquire();
    } catch (PoolClosedException closed) {
      throw illegalState(closed);
    }
  }

  /** Closes the pool; never throws. */
  @Override
  public void close() {
    pool.close();
  }

  @Override
  public int getNumActive() {
    return pool.stats().leases();
  }

  /** Those that the pool looks at in this moment count as idle. */
  @Override
  public int getNumIdle() {
    PoolStats stats = pool.stats();
    return stats.idle() + stats.checking();
  }

  private Lease<T> acquire() throws Exception {
    try {
      return pool.acquire();
    } catch (AcquireTimeoutException | PoolExhaustedException none) {
      throw new NoSuchElementException(none.getMessage(), none);
    } catch (PoolClosedException closed) {
      throw illegalState(closed);
    } catch (DialException failed) {
      throw reasonOf(failed);
    }
  }

  private static IllegalStateException illegalState(PoolClosedException closed) {
    return new IllegalStateException(closed.getMessage(), closed);
  }

  /** An ObjectPool lets its user see what makeObject threw. */
  private static Exception reasonOf(DialException failed) {
    @Nullable Throwable cause = failed.getCause();
    if (cause instanceof UnfitObjectException unfit) {
      return new NoSuchElementException(unfit.getMessage(), unfit);
    }
    return cause instanceof Exception exception ? exception : failed;
  }

  @Override
  public String toString() {
    return "ObjectPoolView[" + pool + "]";
  }
}
