package io.connpool.contract;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;

/** The kinds of pool over which the contract is tested. */
enum PoolKind {
  /** Connections for one caller at a time, from a transport with every hook. */
  EXCLUSIVE,
  /**
   * The same from three lambdas: no probe, no look at the release, no reason given to the close.
   */
  MINIMAL,
  /** Connections that {@link #SHARERS} callers share. */
  SHARED,
  /** As EXCLUSIVE, and waiters are served strictly in order. */
  FAIR,
  /** As EXCLUSIVE, and leases are watched. */
  WATCHED;

  /** How many leases a shared connection serves at once. */
  private static final int SHARERS = 3;

  PoolWorld world() {
    return this == SHARED ? PoolWorld.shared(SHARERS) : PoolWorld.exclusive();
  }

  /** How many leases one connection serves at once. */
  int capacity() {
    return this == SHARED ? SHARERS : 1;
  }

  /** Whether the close function of this kind is told why. */
  boolean closesWithReason() {
    return this != MINIMAL;
  }

  PoolBuilder<FakeConn> builder(Hooks hooks) {
    return switch (this) {
      case EXCLUSIVE, SHARED -> ConnPool.builder(hooks);
      case MINIMAL ->
          ConnPool.<FakeConn>builder(context -> hooks.dial(context))
              .heartbeat((connection, limit) -> hooks.heartbeat(connection, limit))
              .close(connection -> hooks.close(connection, CloseReason.POOL_CLOSED));
      case FAIR -> ConnPool.builder(hooks).fair(true);
      case WATCHED -> ConnPool.builder(hooks).leakThreshold(Duration.ofHours(1));
    };
  }
}
