package io.connpool.commons;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.apache.commons.pool2.DestroyMode;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.PooledObjectFactory;
import org.jspecify.annotations.Nullable;

/**
 * A {@code PooledObjectFactory} as a transport.
 *
 * <pre>{@code
 * ConnPool<Client> pool = ConnPool.builder(FactoryTransport.of(factory)).build();
 * }</pre>
 *
 * <p>When the factory is called, and on which thread:
 *
 * <table>
 *   <caption>Calls of the factory</caption>
 *   <tr><th>moment</th><th>calls</th><th>thread</th></tr>
 *   <tr><td>dial</td><td>makeObject; activateObject, validateObject, passivateObject</td><td>the
 *       pool's</td></tr>
 *   <tr><td>heartbeat</td><td>activateObject, validateObject, passivateObject</td><td>the
 *       pool's</td></tr>
 *   <tr><td>before each loan</td><td>activateObject; validateObject if asked to</td><td>the
 *       caller's (for a future, the pool's)</td></tr>
 *   <tr><td>return</td><td>validateObject if asked to; passivateObject</td><td>the
 *       caller's</td></tr>
 *   <tr><td>close</td><td>destroyObject, always with {@code NORMAL}</td><td>the pool's</td></tr>
 * </table>
 *
 * <p>So an idle object is always passive, and an object that cannot be made ready fails the dial,
 * where failures are paced and told to the caller, not the loans. If activation or a test before a
 * loan fails, the object is destroyed and the caller given another one; if a test or passivation at
 * a return fails, it is destroyed and the return succeeds. Such failures are logged.
 *
 * <p><b>What a caller may wait for.</b> Activation and tests before a loan, and tests and
 * passivation at a return, run on the caller's thread as they do in a {@code GenericObjectPool}.
 * They should not block: what they wait for, the caller waits for, beyond its acquire timeout. All
 * other calls are cut off (interrupted) after the dial timeout.
 *
 * <p>The {@code PooledObject} of a connection is kept up to date as far as factories can see it:
 * its state and the moments and number of its loans.
 *
 * @param <T> the type of the objects, which are the connections
 */
public final class FactoryTransport<T> implements Transport<T> {

  /** A moment at which {@code validateObject} is called. */
  public enum Test {
    /** In every heartbeat: after the dial, and as often as the pool's heartbeat interval says. */
    HEARTBEAT,
    /** Before each loan, as testOnBorrow; a round trip then costs every caller one. */
    LOAN,
    /** At each return, as testOnReturn. */
    RETURN
  }

  private final PooledObjectFactory<T> factory;
  private final boolean testHeartbeats;
  private final boolean testLoans;
  private final boolean testReturns;
  private final IdentityMap<T, PooledObject<T>> objects = new IdentityMap<>();

  private FactoryTransport(PooledObjectFactory<T> factory, Set<Test> tests) {
    this.factory = Objects.requireNonNull(factory, "factory");
    testHeartbeats = tests.contains(Test.HEARTBEAT);
    testLoans = tests.contains(Test.LOAN);
    testReturns = tests.contains(Test.RETURN);
  }

  /**
   * A transport whose heartbeat is {@code validateObject}.
   *
   * @param factory makes, checks and destroys the objects; called by several threads at once, but
   *     for one object only one after the other (except that an object whose call was cut off is
   *     destroyed even if that call does not return)
   * @param <T> the type of the objects
   * @return a transport, for one pool
   */
  public static <T> FactoryTransport<T> of(PooledObjectFactory<T> factory) {
    return of(factory, Set.of(Test.HEARTBEAT));
  }

  /**
   * A transport that tests objects at these moments.
   *
   * @param factory as for {@link #of(PooledObjectFactory)}
   * @param tests when to call {@code validateObject}; empty for never
   * @param <T> the type of the objects
   * @return a transport, for one pool
   */
  public static <T> FactoryTransport<T> of(PooledObjectFactory<T> factory, Set<Test> tests) {
    return new FactoryTransport<>(factory, tests);
  }

  @Override
  public T dial(DialContext context) throws Exception {
    PooledObject<T> made = factory.makeObject();
    @Nullable T object = made == null ? null : made.getObject();
    if (object == null) {
      throw new UnfitObjectException("makeObject of " + factory + " returned null", null);
    }
    if (!objects.add(object, made)) {
      throw new UnfitObjectException(
          "makeObject of " + factory + " returned an object that is in the pool already", null);
    }
    return object;
  }

  @Override
  public void heartbeat(T connection, Duration limit) {
    PooledObject<T> object = known(connection);
    activate(object);
    if (testHeartbeats && !factory.validateObject(object)) {
      throw new UnfitObjectException("validateObject said no to " + connection, null);
    }
    passivate(object);
  }

  @Override
  public Health onAcquire(T connection) {
    PooledObject<T> object = known(connection);
    object.allocate();
    activate(object);
    return testLoans && !factory.validateObject(object) ? Health.STALE : Health.CLEAN;
  }

  @Override
  public Health onRelease(T connection) {
    PooledObject<T> object = known(connection);
    object.markReturning();
    if (testReturns && !factory.validateObject(object)) {
      return Health.STALE;
    }
    passivate(object);
    object.deallocate();
    return Health.CLEAN;
  }

  @Override
  public void close(T connection, CloseReason reason) throws Exception {
    PooledObject<T> object = known(connection);
    objects.remove(connection);
    object.invalidate();
    factory.destroyObject(object, DestroyMode.NORMAL);
  }

  private PooledObject<T> known(T connection) {
    PooledObject<T> object = objects.get(connection);
    if (object == null) {
      throw new IllegalStateException(connection + " was not made by this transport");
    }
    return object;
  }

  private void activate(PooledObject<T> object) {
    try {
      factory.activateObject(object);
    } catch (Exception failure) {
      throw unfit("activateObject", object, failure);
    }
  }

  private void passivate(PooledObject<T> object) {
    try {
      factory.passivateObject(object);
    } catch (Exception failure) {
      throw unfit("passivateObject", object, failure);
    }
  }

  private static UnfitObjectException unfit(
      String call, PooledObject<?> object, Exception failure) {
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt(); // on a caller's thread it is the caller's
    }
    return new UnfitObjectException(
        call + " failed for " + object.getObject() + ": " + failure, failure);
  }
}
