package io.connpool.internal;

import io.connpool.PoolConfig;
import java.util.random.RandomGenerator;

/**
 * A {@link PoolConfig} in the units the engine computes with. Immutable; a running pool is
 * reconfigured by replacing it as a whole, so whoever reads several values reads them from one.
 */
final class Settings {
  final PoolConfig config;

  /** maxActive, or no limit. */
  final int limit;

  /** As {@link #limit}, but hardMax with OVERFLOW. */
  final int hardLimit;

  final boolean fair;
  final int maxWaiters;
  final long acquireTimeout;
  final long dialTimeout;

  /** How long a connection may be unused without a heartbeat; for ever if it never gets one. */
  final long heartbeatInterval;

  final long idleTimeout;
  final long maxLifetime;

  /** How long a lease may be out before it is told of; for ever if leases are not watched. */
  final long leakThreshold;

  final DialPacing pacing;

  Settings(PoolConfig config, boolean heartbeats, RandomGenerator random) {
    this.config = config;
    limit = orNoLimit(config.maxActive());
    hardLimit = orNoLimit(config.hardMax());
    fair = config.fair();
    maxWaiters = orNoLimit(config.maxWaiters());
    acquireTimeout = Nanos.of(config.acquireTimeout());
    dialTimeout = Nanos.of(config.dialTimeout());
    heartbeatInterval = heartbeats ? Nanos.orForever(config.heartbeatInterval()) : Nanos.FOREVER;
    idleTimeout = Nanos.orForever(config.idleTimeout());
    maxLifetime = Nanos.orForever(config.maxLifetime());
    leakThreshold = Nanos.orForever(config.leakThreshold());
    pacing = new DialPacing(config.dialAttempts(), random);
  }

  boolean overflows() {
    return hardLimit > limit;
  }

  private static int orNoLimit(int value) {
    return value == 0 ? Integer.MAX_VALUE : value;
  }
}
