package io.connpool.testkit;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A connection to nowhere that knows what was done to it. */
public final class FakeConn {
  private final int id;
  private final int capacity;
  private final AtomicInteger owners = new AtomicInteger();
  final AtomicInteger heartbeats = new AtomicInteger();
  final AtomicInteger closes = new AtomicInteger();
  private final AtomicBoolean dead = new AtomicBoolean();

  /** Written by one owner without synchronization, read by the next: proves S4. */
  private int plain;

  FakeConn(int id, int capacity) {
    this.id = id;
    this.capacity = capacity;
  }

  /** In order of the dials, from 1. */
  public int id() {
    return id;
  }

  /** The peer is gone: probes and heartbeats fail from now on. */
  public void kill() {
    dead.set(true);
  }

  public boolean isDead() {
    return dead.get();
  }

  public boolean isClosed() {
    return closes.get() > 0;
  }

  public int heartbeats() {
    return heartbeats.get();
  }

  /**
   * What an owner does at the start of its use: fails if there are more owners than may share it.
   * Each call is followed by {@link #leave}.
   */
  public void enter() {
    int now = owners.incrementAndGet();
    if (now > capacity) {
      throw new AssertionError(this + " has " + now + " owners at once");
    }
    if (capacity == 1) {
      plain++;
    }
  }

  /** The end of a use. */
  public void leave() {
    owners.decrementAndGet();
  }

  /** A use that takes no time. */
  public void use() {
    enter();
    leave();
  }

  /** How often an exclusive one was used, counted without synchronization. */
  public int uses() {
    return plain;
  }

  @Override
  public String toString() {
    return "FakeConn#" + id;
  }
}
