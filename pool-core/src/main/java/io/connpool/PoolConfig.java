package io.connpool;

import java.time.Duration;
import java.util.Map;

/**
 * The settings a pool really works with, after defaults were filled in and contradictions resolved.
 * Immutable. {@link PoolBuilder} documents each setting and its default.
 *
 * @param name names the pool in messages and threads
 * @param maxActive most connections at once, 0 for no limit
 * @param minIdle how many idle connections are kept ready
 * @param maxIdle how many idle connections never expire
 * @param hardMax most connections at once with {@link WhenExhausted#OVERFLOW}; otherwise maxActive
 * @param whenExhausted what an acquire does at the limit
 * @param fair whether waiters are served strictly in order
 * @param maxWaiters most callers that wait at once, 0 for no limit
 * @param acquireTimeout how long {@code acquire()} waits
 * @param dialTimeout the time of one attempt, first heartbeat included, and of any other heartbeat
 * @param dialAttempts attempts per episode
 * @param maxConcurrentDials dials at once
 * @param failFastAfter how many dial episodes must fail in a row for waiters to fail at once, 0 for
 *     never
 * @param heartbeatInterval how long a connection may be unused without a heartbeat, zero for ever
 * @param idleTimeout how long one beyond maxIdle may be idle, zero for ever
 * @param maxLifetime how old a connection gets (give or take a tenth), zero for no limit
 * @param closeTimeout how long {@code close()} waits for leases
 * @param leakThreshold how long a lease may be out before it is reported, zero if leases are not
 *     watched
 * @param attributes what dials are told
 */
public record PoolConfig(
    String name,
    int maxActive,
    int minIdle,
    int maxIdle,
    int hardMax,
    WhenExhausted whenExhausted,
    boolean fair,
    int maxWaiters,
    Duration acquireTimeout,
    Duration dialTimeout,
    int dialAttempts,
    int maxConcurrentDials,
    int failFastAfter,
    Duration heartbeatInterval,
    Duration idleTimeout,
    Duration maxLifetime,
    Duration closeTimeout,
    Duration leakThreshold,
    Map<String, Object> attributes) {

  /** As of any record, but of the attributes the names only: dials may be told secrets. */
  @Override
  public String toString() {
    return "PoolConfig[name="
        + name
        + ", maxActive="
        + maxActive
        + ", minIdle="
        + minIdle
        + ", maxIdle="
        + maxIdle
        + ", hardMax="
        + hardMax
        + ", whenExhausted="
        + whenExhausted
        + ", fair="
        + fair
        + ", maxWaiters="
        + maxWaiters
        + ", acquireTimeout="
        + acquireTimeout
        + ", dialTimeout="
        + dialTimeout
        + ", dialAttempts="
        + dialAttempts
        + ", maxConcurrentDials="
        + maxConcurrentDials
        + ", failFastAfter="
        + failFastAfter
        + ", heartbeatInterval="
        + heartbeatInterval
        + ", idleTimeout="
        + idleTimeout
        + ", maxLifetime="
        + maxLifetime
        + ", closeTimeout="
        + closeTimeout
        + ", leakThreshold="
        + leakThreshold
        + ", attributes="
        + attributes.keySet()
        + "]";
  }
}
