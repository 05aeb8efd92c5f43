package io.connpool.testkit;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A transport that does what the test says and records what the pool does. Each of dial, heartbeat
 * and close takes the next {@link Step} of its script, or its standing step when the script is
 * empty.
 */
public final class FakeTransport implements Transport<FakeConn> {

  /** What a call does. */
  public enum Step {
    /** What it should. */
    OK,
    /** Throws a checked exception. */
    THROW,
    /** Throws an error. */
    THROW_ERROR,
    /** Returns null where there is something to return, else as OK. */
    NULL,
    /** Waits until interrupted or {@link FakeTransport#releaseAll}, then throws. */
    HANG,
    /** Waits until {@link FakeTransport#releaseAll} and ignores interrupts, then does as OK. */
    HANG_DEAF,
    /** Takes {@link FakeTransport#SLOW} of the clock's time, then does as OK. */
    SLOW;

    private boolean blocks() {
      return this == HANG || this == HANG_DEAF || this == SLOW;
    }
  }

  /** How long a slow call takes. */
  public static final Duration SLOW = Duration.ofSeconds(1);

  /** The three functions of a transport. */
  public enum Function {
    DIAL,
    HEARTBEAT,
    CLOSE
  }

  private final ManualClock clock;
  private final int capacity;
  private final CountDownLatch released = new CountDownLatch(1);
  private final Map<Function, Queue<Step>> scripts = new ConcurrentHashMap<>();
  private final Map<Function, Step> standing = new ConcurrentHashMap<>();
  private final List<FakeConn> connections = new CopyOnWriteArrayList<>();
  private final Map<FakeConn, CloseReason> closeReasons = new ConcurrentHashMap<>();
  private final Map<FakeConn, DialContext> contexts = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();
  private final AtomicInteger attempts = new AtomicInteger();
  private final AtomicInteger dialing = new AtomicInteger();
  private final AtomicInteger mostDialing = new AtomicInteger();
  private final AtomicInteger heartbeating = new AtomicInteger();
  private final AtomicInteger probes = new AtomicInteger();
  private final AtomicInteger blocked = new AtomicInteger();
  private volatile Verdict verdict = Verdict.CLOSE;
  private volatile Health onRelease = Health.CLEAN;
  private volatile int capacityNow;

  FakeTransport(ManualClock clock, int capacity) {
    this.clock = clock;
    this.capacity = capacity;
    this.capacityNow = capacity;
    for (Function function : Function.values()) {
      scripts.put(function, new ConcurrentLinkedQueue<>());
      standing.put(function, Step.OK);
    }
  }

  /** The next calls of a function do these steps, one each. */
  public FakeTransport next(Function function, Step... steps) {
    scripts.get(function).addAll(List.of(steps));
    return this;
  }

  /** Every call of a function that has no script does this. */
  public FakeTransport always(Function function, Step step) {
    standing.put(function, step);
    return this;
  }

  /** What {@code classify} answers. */
  public FakeTransport verdict(Verdict value) {
    verdict = value;
    return this;
  }

  /** What {@code onRelease} answers for connections that are not dead. */
  public FakeTransport onRelease(Health value) {
    onRelease = value;
    return this;
  }

  /** Changes what {@code capacity} answers; the test signals it. */
  public FakeTransport capacity(int value) {
    capacityNow = value;
    return this;
  }

  /** Everything that hangs goes on. */
  public void releaseAll() {
    released.countDown();
  }

  @Override
  public FakeConn dial(DialContext context) throws Exception {
    attempts.incrementAndGet();
    mostDialing.accumulateAndGet(dialing.incrementAndGet(), Math::max);
    try {
      if (perform(Function.DIAL) == Step.NULL) {
        return null;
      }
      FakeConn connection = new FakeConn(ids.incrementAndGet(), capacity);
      contexts.put(connection, context);
      connections.add(connection);
      return connection;
    } finally {
      dialing.decrementAndGet();
    }
  }

  @Override
  public void heartbeat(FakeConn connection, Duration limit) throws Exception {
    connection.heartbeats.incrementAndGet();
    heartbeating.incrementAndGet();
    try {
      perform(Function.HEARTBEAT);
    } finally {
      heartbeating.decrementAndGet();
    }
    if (connection.isDead()) {
      throw new java.io.IOException(connection + " is dead");
    }
  }

  @Override
  public void close(FakeConn connection, CloseReason reason) throws Exception {
    if (connection.closes.incrementAndGet() > 1) {
      throw new AssertionError(connection + " closed twice");
    }
    closeReasons.put(connection, reason);
    perform(Function.CLOSE);
  }

  @Override
  public Health probe(FakeConn connection) {
    probes.incrementAndGet();
    return connection.isDead() ? Health.STALE : Health.CLEAN;
  }

  @Override
  public Health onRelease(FakeConn connection) {
    return onRelease;
  }

  @Override
  public int capacity(FakeConn connection) {
    return capacityNow;
  }

  @Override
  public Verdict classify(FakeConn connection, Throwable failure) {
    return verdict;
  }

  private Step perform(Function function) throws Exception {
    Step scripted = scripts.get(function).poll();
    Step step = scripted != null ? scripted : standing.get(function);
    // Before it can be seen to wait: whoever sees that may move the clock at once.
    long slowUntil = clock.nanoTime() + SLOW.toNanos();
    blocked.addAndGet(step.blocks() ? 1 : 0);
    try {
      act(step, function, slowUntil);
    } finally {
      blocked.addAndGet(step.blocks() ? -1 : 0);
    }
    return step;
  }

  private void act(Step step, Function function, long slowUntil) throws Exception {
    switch (step) {
      case THROW -> throw new java.io.IOException("scripted failure of " + function);
      case THROW_ERROR -> throw new AssertionError("scripted error of " + function);
      case HANG -> {
        released.await();
        throw new java.io.IOException("released hang of " + function);
      }
      case HANG_DEAF -> awaitDeaf();
      case SLOW -> clock.sleepUntil(slowUntil);
      case OK, NULL -> {}
    }
  }

  private void awaitDeaf() {
    while (true) {
      try {
        released.await();
        return;
      } catch (InterruptedException deaf) {
        // this peer ignores interrupts: that is its vice
      }
    }
  }

  // --- what the pool did ---

  /** All connections ever dialed, in order. */
  public List<FakeConn> connections() {
    return new ArrayList<>(connections);
  }

  /** The connection with this id, from 1. */
  public FakeConn connection(int id) {
    return connections.stream().filter(c -> c.id() == id).findFirst().orElseThrow();
  }

  /** Those that were not closed. */
  public List<FakeConn> open() {
    return connections.stream().filter(c -> !c.isClosed()).toList();
  }

  /** The context of the dial that returned this connection. */
  public DialContext context(FakeConn connection) {
    return contexts.get(connection);
  }

  /** Why it was closed, or null. */
  public CloseReason closeReason(FakeConn connection) {
    return closeReasons.get(connection);
  }

  /** How often dial was called. */
  public int attempts() {
    return attempts.get();
  }

  /** How many dials run now. */
  public int dialing() {
    return dialing.get();
  }

  /** The most dials that ever ran at once. */
  public int mostDialing() {
    return mostDialing.get();
  }

  /** How many calls hang or are slow now: they go on only if the test does something. */
  public int blocked() {
    return blocked.get();
  }

  /** How many heartbeats run now. */
  public int heartbeating() {
    return heartbeating.get();
  }

  /** How often probe was called. */
  public int probes() {
    return probes.get();
  }
}
