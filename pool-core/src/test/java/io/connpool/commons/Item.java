package io.connpool.commons;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A pooled object that knows what state it is in. All of them are equal to each other. */
final class Item {

  /** Where an object is between two calls of its factory. */
  enum State {
    MADE,
    ACTIVE,
    PASSIVE,
    DESTROYED
  }

  final int id;
  final AtomicInteger activations = new AtomicInteger();
  final AtomicInteger validations = new AtomicInteger();
  final AtomicInteger passivations = new AtomicInteger();
  final AtomicInteger destructions = new AtomicInteger();
  final AtomicBoolean busy = new AtomicBoolean();
  volatile State state = State.MADE;
  volatile boolean valid = true;

  Item(int id) {
    this.id = id;
  }

  boolean isDestroyed() {
    return state == State.DESTROYED;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Item;
  }

  @Override
  public int hashCode() {
    return 7;
  }

  @Override
  public String toString() {
    return "Item#" + id;
  }
}
