package io.connpool.contract;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolClosedException;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assertions;

/** One pool in one world, and what the experiments of {@link KnobsTest} do with it. */
final class Lab {
  /** More than any pool of these experiments allows. */
  private static final int MANY = 12;

  private static final Duration STEP = Duration.ofMillis(100);

  private final PoolWorld world;
  private final UnaryOperator<PoolBuilder<FakeConn>> settings;
  private ConnPool<FakeConn> pool;

  Lab(PoolWorld world, UnaryOperator<PoolBuilder<FakeConn>> settings) {
    this.world = world;
    this.settings = settings;
  }

  PoolWorld world() {
    return world;
  }

  FakeTransport transport() {
    return world.transport();
  }

  /** The pool, built when it is first asked for. */
  ConnPool<FakeConn> pool() {
    if (pool == null) {
      pool = world.pool(settings);
    }
    return pool;
  }

  /** One connection was used and is idle now. */
  Lab used() throws Exception {
    pool().acquire().close();
    return this;
  }

  /** So many connections were used at the same time and are idle now. */
  Lab used(int connections) throws Exception {
    List<Lease<FakeConn>> leases = new ArrayList<>();
    while (leases.size() < connections) {
      leases.add(pool().acquire());
    }
    leases.forEach(Lease::close);
    return this;
  }

  Lab after(Duration time) {
    pool();
    world.clock().advance(time);
    return this;
  }

  Supplier<Object> idle() {
    return () -> pool().stats().idle();
  }

  Supplier<Object> heartbeatsOfTheFirst() {
    return () -> transport().connection(1).heartbeats();
  }

  /** Why the first connection was closed; empty if it was not. */
  Supplier<Object> fateOfTheFirst() {
    return () ->
        Optional.<CloseReason>ofNullable(transport().closeReason(transport().connection(1)));
  }

  /** How many leases many callers at once get. */
  Supplier<Object> mostLeases() {
    for (int i = 0; i < MANY; i++) {
      pool().acquireAsync();
    }
    return () -> pool().stats().leases();
  }

  /** How many dials many callers at once begin. */
  Supplier<Object> mostDials() {
    for (int i = 0; i < MANY; i++) {
      pool().acquireAsync();
    }
    return () -> transport().dialing();
  }

  /** What an acquire fails with, and after how many seconds of the clock. */
  Supplier<Object> failure() throws Exception {
    ConnPool<FakeConn> asked = pool();
    Caller<Lease<FakeConn>> caller = new Caller<>(world, asked::acquire);
    PoolWorld.eventually(
        () -> "waits or failed", () -> caller.isDone() || asked.stats().pending() == 1);
    Duration time = world.advanceUntil(STEP, Duration.ofHours(1), caller::isDone);
    Exception failure = caller.failure(Exception.class);
    return () -> failure.getClass().getSimpleName() + " after " + time.toSeconds() + " s";
  }

  /** How many stacks a time-out shows of a thread that holds the only connection. */
  Supplier<Object> stacksInANestedTimeout() throws Exception {
    Lease<FakeConn> held = pool().acquire();
    AcquireTimeoutException failure =
        Assertions.assertThrows(AcquireTimeoutException.class, () -> pool().acquire(Duration.ZERO));
    held.close();
    return () -> failure.getSuppressed().length;
  }

  /** How many seconds of the clock a close takes while a connection is out. */
  Supplier<Object> secondsToClose() throws Exception {
    pool().acquire();
    Caller<Void> closer =
        new Caller<>(
            world,
            () -> {
              pool().close();
              return null;
            });
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);
    Duration time = world.advanceUntil(STEP, Duration.ofHours(1), closer::isDone);
    return time::toSeconds;
  }

  /** The message of the exception that a closed pool answers with. */
  String messageOfAClosedPool() throws Exception {
    pool().close();
    try {
      return "lent " + pool().acquire();
    } catch (PoolClosedException closed) {
      return closed.getMessage();
    }
  }

  /** Whether anybody ever gets a connection that was released while somebody else waited for it. */
  Supplier<Object> overtaking() throws Exception {
    boolean overtaken = false;
    for (int round = 0; round < 200 && !overtaken; round++) {
      Lease<FakeConn> lease = pool().acquire();
      Caller<Lease<FakeConn>> waiter = new Caller<>(world, () -> pool().acquire());
      PoolWorld.eventually(pool(), "it waits", stats -> stats.pending() == 1);
      lease.close();
      Optional<Lease<FakeConn>> overtaker = pool().tryAcquire();
      overtaken = overtaker.isPresent();
      overtaker.ifPresent(Lease::close);
      waiter.result().close();
    }
    boolean outcome = overtaken;
    return () -> outcome;
  }
}
