package io.connpool.spi;

import io.connpool.PoolBuilder;
import io.connpool.WhenExhausted;

/**
 * The settings of a pool as options of a URI: each method of {@link PoolBuilder} that takes a value
 * which can be written down, under its own name. For those who build pools of their own kind from a
 * URI; {@link io.connpool.ConnPool#builder(java.net.URI, Class)} has used it already.
 */
public final class PoolOptions {
  private PoolOptions() {}

  /**
   * Takes over what is there, and asks for everything, so that all of it is known.
   *
   * @param uri whose options
   * @param pool to be changed
   * @param <C> what the connections are
   * @return the pool's builder
   * @throws IllegalArgumentException if a value is not what its option needs
   */
  public static <C> PoolBuilder<C> apply(TransportUri uri, PoolBuilder<C> pool) {
    uri.text("compat").ifPresent(pool::compat); // first: the others refine it
    uri.text("name").ifPresent(pool::name);
    uri.integer("maxActive").ifPresent(pool::maxActive);
    uri.integer("minIdle").ifPresent(pool::minIdle);
    uri.integer("maxIdle").ifPresent(pool::maxIdle);
    uri.integer("hardMax").ifPresent(pool::hardMax);
    uri.choice("whenExhausted", WhenExhausted.class).ifPresent(pool::whenExhausted);
    uri.flag("fair").ifPresent(pool::fair);
    uri.integer("maxWaiters").ifPresent(pool::maxWaiters);
    uri.duration("acquireTimeout").ifPresent(pool::acquireTimeout);
    uri.duration("dialTimeout").ifPresent(pool::dialTimeout);
    uri.integer("dialAttempts").ifPresent(pool::dialAttempts);
    uri.integer("maxConcurrentDials").ifPresent(pool::maxConcurrentDials);
    uri.integer("failFastAfter").ifPresent(pool::failFastAfter);
    uri.duration("heartbeatInterval").ifPresent(pool::heartbeatInterval);
    uri.duration("idleTimeout").ifPresent(pool::idleTimeout);
    uri.duration("maxLifetime").ifPresent(pool::maxLifetime);
    uri.duration("closeTimeout").ifPresent(pool::closeTimeout);
    uri.duration("leakThreshold").ifPresent(pool::leakThreshold);
    return pool;
  }
}
