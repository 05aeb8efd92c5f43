package io.connpool.commons;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.commons.Item.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.commons.pool2.DestroyMode;
import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the Javadoc of {@code ObjectPool} and {@code PooledObjectFactory} promises, sentence by
 * sentence. After each test the factory says whether its part of the contract was kept: the right
 * calls in the right states, one at a time, and every object destroyed exactly once.
 */
@Timeout(60)
abstract class ObjectPoolContract {
  final CheckedFactory factory = new CheckedFactory();
  private final List<ObjectPool<Item>> pools = new ArrayList<>();

  /** Opens the pool under test. */
  abstract ObjectPool<Item> open(CheckedFactory factory, GenericObjectPoolConfig<Item> config);

  private ObjectPool<Item> pool(Consumer<GenericObjectPoolConfig<Item>> settings) {
    GenericObjectPoolConfig<Item> config = new GenericObjectPoolConfig<>();
    config.setJmxEnabled(false);
    config.setMaxWait(Duration.ofSeconds(10));
    settings.accept(config);
    ObjectPool<Item> pool = open(factory, config);
    pools.add(pool);
    return pool;
  }

  private ObjectPool<Item> pool() {
    return pool(config -> {});
  }

  @AfterEach
  void everyObjectWasTreatedByTheContract() {
    pools.forEach(ObjectPool::close);
    eventually(
        () -> factory.made + " are destroyed",
        () -> factory.count(State.DESTROYED) == factory.made.size());
    factory.checkContract();
  }

  // --- borrowObject ---

  @Test
  void aBorrowedInstanceIsNewlyMade() throws Exception {
    ObjectPool<Item> pool = pool();

    Item item = pool.borrowObject();

    assertSame(factory.item(1), item);
    assertEquals(State.ACTIVE, item.state);
    pool.returnObject(item);
  }

  @Test
  void orItWasIdleAndIsActivatedAgain() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();
    pool.returnObject(item);
    int activations = item.activations.get();

    assertSame(item, pool.borrowObject());

    assertEquals(activations + 1, item.activations.get());
    assertEquals(State.ACTIVE, item.state);
    assertEquals(1, factory.makes.get());
    pool.returnObject(item);
  }

  @Test
  void andThenValidated() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setTestOnBorrow(true));
    Item item = pool.borrowObject();
    pool.returnObject(item);
    int validations = item.validations.get();

    assertSame(item, pool.borrowObject());

    assertEquals(validations + 1, item.validations.get());
    pool.returnObject(item);
  }

  @Test
  void twoBorrowersNeverHaveTheSameInstanceEvenIfAllAreEqual() throws Exception {
    ObjectPool<Item> pool = pool();

    Item one = pool.borrowObject();
    Item two = pool.borrowObject();

    assertEquals(one, two);
    assertNotSame(one, two);
    pool.returnObject(one);
    assertSame(one, pool.borrowObject());
    pool.returnObject(one);
    pool.returnObject(two);
  }

  @Test
  void whatMakeObjectThrowsIsPropagatedToTheBorrower() {
    ObjectPool<Item> pool = pool();
    factory.failsToMake = true;

    Exception failure = assertThrows(CheckedFactory.Failure.class, pool::borrowObject);

    assertEquals("make 1", failure.getMessage());
  }

  @Test
  void anExhaustedPoolThatMayNotWaitHasNoSuchElement() throws Exception {
    ObjectPool<Item> pool =
        pool(
            config -> {
              config.setMaxTotal(1);
              config.setBlockWhenExhausted(false);
            });
    Item item = pool.borrowObject();

    assertThrows(NoSuchElementException.class, pool::borrowObject);

    pool.returnObject(item);
    assertSame(item, pool.borrowObject());
    pool.returnObject(item);
  }

  @Test
  void anExhaustedPoolHasNoSuchElementWhenTheWaitIsOver() throws Exception {
    ObjectPool<Item> pool =
        pool(
            config -> {
              config.setMaxTotal(1);
              config.setMaxWait(Duration.ofMillis(100));
            });
    Item item = pool.borrowObject();
    long start = System.nanoTime();

    assertThrows(NoSuchElementException.class, pool::borrowObject);

    assertTrue(System.nanoTime() - start >= Duration.ofMillis(90).toNanos(), "waited");
    pool.returnObject(item);
  }

  @Test
  void aWaitOfZeroIsNoWaitForAReturn() throws Exception {
    ObjectPool<Item> pool =
        pool(
            config -> {
              config.setMaxTotal(1);
              config.setMaxWait(Duration.ZERO);
            });
    Item item = pool.borrowObject();

    assertThrows(NoSuchElementException.class, pool::borrowObject);

    pool.returnObject(item);
  }

  @Test
  void whoWaitsGetsWhatIsReturned() throws Exception {
    ObjectPool<Item> pool =
        pool(
            config -> {
              config.setMaxTotal(1);
              config.setMaxWait(Duration.ofMillis(-1));
            });
    Item item = pool.borrowObject();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      Future<Item> waiting = other.submit(pool::borrowObject);
      pool.returnObject(item);
      assertSame(item, waiting.get());
      pool.returnObject(item);
    } finally {
      other.shutdown();
    }
  }

  // --- returnObject ---

  @Test
  void aReturnedInstanceIsPassivated() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();
    int passivations = item.passivations.get();

    pool.returnObject(item);

    assertEquals(passivations + 1, item.passivations.get());
    assertEquals(State.PASSIVE, item.state);
  }

  @Test
  void returningMoreThanOnceIsAnIllegalState() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();
    pool.returnObject(item);

    assertThrows(IllegalStateException.class, () -> pool.returnObject(item));

    assertEquals(1, pool.getNumIdle());
  }

  @Test
  void returningWhatWasNeverBorrowedIsAnIllegalState() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();

    assertThrows(IllegalStateException.class, () -> pool.returnObject(new Item(99)));

    assertEquals(1, pool.getNumActive());
    pool.returnObject(item);
  }

  @Test
  void returningWhatWasInvalidatedIsAnIllegalState() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();
    pool.invalidateObject(item);

    assertThrows(IllegalStateException.class, () -> pool.returnObject(item));
  }

  @Test
  void whatFailsItsTestAtTheReturnIsDestroyedAndTheReturnSucceeds() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setTestOnReturn(true));
    Item item = pool.borrowObject();
    item.valid = false;

    pool.returnObject(item);

    destroyed(item);
    assertEquals(0, pool.getNumActive());
    assertNotSame(item, borrowAndReturn(pool));
  }

  @Test
  void whatFailsToPassivateIsDestroyedAndTheReturnSucceeds() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();
    factory.failsToPassivate = Set.of(item.id);

    pool.returnObject(item);

    destroyed(item);
    assertEquals(0, pool.getNumActive());
    assertNotSame(item, borrowAndReturn(pool));
  }

  // --- invalidateObject ---

  @Test
  void anInvalidatedInstanceIsDestroyedAndNotBorrowedAgain() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();

    pool.invalidateObject(item);

    destroyed(item);
    assertEquals(0, pool.getNumActive());
    assertNotSame(item, borrowAndReturn(pool));
  }

  @Test
  void soItIsWithADestroyMode() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();

    pool.invalidateObject(item, DestroyMode.ABANDONED);

    destroyed(item);
  }

  @Test
  void whatWasNeverBorrowedCannotBeInvalidated() {
    ObjectPool<Item> pool = pool();

    assertThrows(IllegalStateException.class, () -> pool.invalidateObject(new Item(99)));
  }

  @Test
  void anInvalidationMakesRoom() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setMaxTotal(1));
    Item item = pool.borrowObject();

    pool.invalidateObject(item);

    assertNotSame(item, borrowAndReturn(pool));
  }

  // --- addObject, clear, counters ---

  @Test
  void addObjectMakesPassivatesAndPlacesAnIdleInstance() throws Exception {
    ObjectPool<Item> pool = pool();

    pool.addObject();

    assertEquals(1, pool.getNumIdle());
    assertEquals(State.PASSIVE, factory.item(1).state);
    assertSame(factory.item(1), borrowAndReturn(pool));
  }

  @Test
  void addObjectsDoesSoSeveralTimes() throws Exception {
    ObjectPool<Item> pool = pool();

    pool.addObjects(3);

    assertEquals(3, pool.getNumIdle());
    assertEquals(3, factory.count(State.PASSIVE));
  }

  @Test
  void addObjectAddsNothingToAFullPool() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setMaxTotal(2));

    pool.addObjects(3);

    assertEquals(2, pool.getNumIdle());
    assertEquals(2, factory.makes.get());
  }

  @Test
  void addObjectThrowsWhatMakeObjectThrows() {
    ObjectPool<Item> pool = pool();
    factory.failsToMake = true;

    assertThrows(CheckedFactory.Failure.class, pool::addObject);
  }

  @Test
  void clearDestroysWhatIsIdleAndNothingElse() throws Exception {
    ObjectPool<Item> pool = pool();
    pool.addObjects(3);
    Item borrowed = pool.borrowObject();

    pool.clear();

    eventually(() -> "two are destroyed", () -> factory.count(State.DESTROYED) == 2);
    assertEquals(0, pool.getNumIdle());
    assertFalse(borrowed.isDestroyed());
    pool.returnObject(borrowed);
    assertEquals(1, pool.getNumIdle());
  }

  @Test
  void theCountersSayHowManyAreBorrowedAndIdle() throws Exception {
    ObjectPool<Item> pool = pool();
    assertEquals("0 active, 0 idle", counters(pool));
    Item one = pool.borrowObject();
    Item two = pool.borrowObject();
    assertEquals("2 active, 0 idle", counters(pool));
    pool.returnObject(one);
    assertEquals("1 active, 1 idle", counters(pool));
    pool.returnObject(two);
    assertEquals("0 active, 2 idle", counters(pool));
  }

  // --- close ---

  @Test
  void afterTheCloseBorrowAndAddAreIllegal() throws Exception {
    ObjectPool<Item> pool = pool();
    borrowAndReturn(pool);

    pool.close();

    assertThrows(IllegalStateException.class, pool::borrowObject);
    assertThrows(IllegalStateException.class, pool::addObject);
  }

  @Test
  void theCloseDestroysWhatIsIdle() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = borrowAndReturn(pool);

    pool.close();

    destroyed(item);
  }

  @Test
  void whatIsReturnedAfterTheCloseIsDestroyed() throws Exception {
    ObjectPool<Item> pool = pool();
    Item item = pool.borrowObject();
    pool.close();

    pool.returnObject(item);

    destroyed(item);
  }

  @Test
  void theCloseFailsSilently() throws Exception {
    ObjectPool<Item> pool = pool();
    borrowAndReturn(pool);
    factory.failsToDestroy = true;

    assertDoesNotThrow(pool::close);
    assertDoesNotThrow(pool::close);
  }

  // --- PooledObjectFactory ---

  @Test
  void whatCannotBeActivatedIsDestroyedAndTheNextIsTried() throws Exception {
    ObjectPool<Item> pool = pool();
    pool.addObjects(2);
    factory.failsToActivate = Set.of(1);

    Item first = pool.borrowObject();
    Item second = pool.borrowObject();

    assertTrue(first.id != 1 && second.id != 1, "not the one that cannot be activated");
    destroyed(factory.item(1));
    pool.returnObject(first);
    pool.returnObject(second);
  }

  @Test
  void aNewInstanceThatCannotBeActivatedIsNoElement() {
    ObjectPool<Item> pool = pool();
    factory.failsToActivate = Set.of(1);

    assertThrows(NoSuchElementException.class, pool::borrowObject);

    destroyed(factory.item(1));
  }

  @Test
  void whatIsNotValidAnyMoreIsDestroyedAndNotBorrowed() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setTestOnBorrow(true));
    Item item = borrowAndReturn(pool);
    item.valid = false;

    assertNotSame(item, borrowAndReturn(pool));

    destroyed(item);
  }

  @Test
  void nothingIsValidatedUnlessTheConfigurationSaysSo() throws Exception {
    ObjectPool<Item> pool = pool();

    Item item = borrowAndReturn(pool);

    assertEquals(0, item.validations.get());
  }

  @Test
  void newInstancesAreValidatedIfTheConfigurationSaysSo() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setTestOnCreate(true));

    Item item = borrowAndReturn(pool);
    borrowAndReturn(pool);

    assertEquals(1, item.validations.get());
  }

  @Test
  void idleInstancesAreValidatedIfTheConfigurationSaysSo() throws Exception {
    ObjectPool<Item> pool =
        pool(
            config -> {
              config.setTestWhileIdle(true);
              config.setTimeBetweenEvictionRuns(Duration.ofMillis(50));
            });
    Item item = borrowAndReturn(pool);
    item.valid = false;

    destroyed(item);
  }

  @Test
  void aFailingDestroyIsSwallowed() throws Exception {
    ObjectPool<Item> pool = pool(config -> config.setTestOnReturn(true));
    factory.failsToDestroy = true;
    Item item = pool.borrowObject();
    item.valid = false;

    assertDoesNotThrow(() -> pool.returnObject(item));

    destroyed(item);
  }

  @Test
  void underLoadNoInstanceIsPassedToTwoMethodsAtATime() throws Exception {
    ObjectPool<Item> pool =
        pool(
            config -> {
              config.setMaxTotal(4);
              config.setTestOnBorrow(true);
              config.setTestOnReturn(true);
              config.setTestWhileIdle(true);
              config.setTimeBetweenEvictionRuns(Duration.ofMillis(20));
            });
    ExecutorService callers = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> ends = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int seed = i;
        ends.add(callers.submit(() -> load(pool, seed)));
      }
      for (Future<Integer> end : ends) {
        assertEquals(LOANS, end.get());
      }
    } finally {
      callers.shutdown();
    }
    assertEquals(0, pool.getNumActive());
  }

  private static final int LOANS = 500;

  private static int load(ObjectPool<Item> pool, int seed) throws Exception {
    int loans = 0;
    for (int i = seed; loans < LOANS; i++) {
      Item item = pool.borrowObject();
      assertEquals(State.ACTIVE, item.state);
      if (i % 10 == 0) {
        pool.invalidateObject(item);
      } else {
        item.valid = i % 10 != 1;
        pool.returnObject(item);
      }
      loans++;
    }
    return loans;
  }

  private static Item borrowAndReturn(ObjectPool<Item> pool) throws Exception {
    Item item = pool.borrowObject();
    pool.returnObject(item);
    return item;
  }

  private static void destroyed(Item item) {
    eventually(() -> item + " is destroyed", item::isDestroyed);
  }

  private static String counters(ObjectPool<?> pool) {
    return pool.getNumActive() + " active, " + pool.getNumIdle() + " idle";
  }
}
