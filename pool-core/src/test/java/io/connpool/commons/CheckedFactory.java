package io.connpool.commons;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.commons.Item.State;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.PooledObjectFactory;
import org.apache.commons.pool2.impl.DefaultPooledObject;

/**
 * A factory that holds its pool to the contract of {@code PooledObjectFactory}: which call may come
 * in which state, and never two at once for one object. Its calls fail on demand.
 */
final class CheckedFactory implements PooledObjectFactory<Item> {

  /** Something a call may throw. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }

  final List<Item> made = new CopyOnWriteArrayList<>();
  final AtomicInteger makes = new AtomicInteger();
  volatile boolean failsToMake;
  volatile Set<Integer> failsToActivate = Set.of();
  volatile Set<Integer> failsToPassivate = Set.of();
  volatile boolean failsToDestroy;
  private final List<String> violations = new CopyOnWriteArrayList<>();

  Item item(int id) {
    return made.get(id - 1);
  }

  long count(State state) {
    return made.stream().filter(item -> item.state == state).count();
  }

  void checkContract() {
    assertEquals(List.of(), violations);
    for (Item item : made) {
      assertEquals(1, item.destructions.get(), () -> "destructions of " + item);
    }
  }

  @Override
  public PooledObject<Item> makeObject() throws Failure {
    int number = makes.incrementAndGet();
    if (failsToMake) {
      throw new Failure("make " + number);
    }
    synchronized (made) { // so that an id is a place in the list
      Item item = new Item(made.size() + 1);
      made.add(item);
      return new DefaultPooledObject<>(item);
    }
  }

  @Override
  public void activateObject(PooledObject<Item> object) throws Failure {
    Item item = enter("activate", object, EnumSet.of(State.MADE, State.PASSIVE));
    item.activations.incrementAndGet();
    item.state = State.ACTIVE;
    item.busy.set(false);
    if (failsToActivate.contains(item.id)) {
      throw new Failure("activate " + item);
    }
  }

  @Override
  public boolean validateObject(PooledObject<Item> object) {
    // what was made and not passivated yet counts as active
    Item item = enter("validate", object, EnumSet.of(State.MADE, State.ACTIVE));
    item.validations.incrementAndGet();
    item.busy.set(false);
    return item.valid;
  }

  @Override
  public void passivateObject(PooledObject<Item> object) throws Failure {
    Item item = enter("passivate", object, EnumSet.of(State.MADE, State.ACTIVE));
    item.passivations.incrementAndGet();
    item.state = State.PASSIVE;
    item.busy.set(false);
    if (failsToPassivate.contains(item.id)) {
      throw new Failure("passivate " + item);
    }
  }

  @Override
  public void destroyObject(PooledObject<Item> object) throws Failure {
    Item item = enter("destroy", object, EnumSet.complementOf(EnumSet.of(State.DESTROYED)));
    item.destructions.incrementAndGet();
    item.state = State.DESTROYED;
    item.busy.set(false);
    if (failsToDestroy) {
      throw new Failure("destroy " + item);
    }
  }

  private Item enter(String call, PooledObject<Item> object, Set<State> allowed) {
    Item item = object.getObject();
    if (!item.busy.compareAndSet(false, true)) {
      violations.add(call + " of " + item + " during another call");
    }
    if (!allowed.contains(item.state)) {
      violations.add(call + " of " + item + ", which is " + item.state);
    }
    Thread.yield(); // gives a second call the time to show itself
    return item;
  }
}
