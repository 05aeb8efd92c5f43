package io.connpool.internal;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.WhenExhausted;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What was drawn for one pool. Limits are small, because what goes wrong with six connections goes
 * wrong with two, and sooner.
 */
record FuzzSettings(
    int maxActive,
    int minIdle,
    int maxIdle,
    int hardMax,
    WhenExhausted whenExhausted,
    boolean fair,
    Duration acquireTimeout,
    Duration dialTimeout,
    int dialAttempts,
    int maxConcurrentDials,
    Duration heartbeatInterval,
    Duration idleTimeout,
    Duration maxLifetime,
    boolean shares,
    boolean heartbeats,
    boolean probes,
    boolean inspects,
    int preemptions) {

  static FuzzSettings draw(RandomGenerator random) {
    Draw draw = new Draw(random);
    int maxActive = draw.oneIn(20) ? 0 : 1 + random.nextInt(draw.oneIn(2) ? 2 : 6);
    int room = maxActive == 0 ? 6 : maxActive;
    WhenExhausted policy =
        maxActive > 0 && draw.oneIn(2)
            ? draw.of(WhenExhausted.OVERFLOW, WhenExhausted.FAIL)
            : WhenExhausted.WAIT;
    return new FuzzSettings(
        maxActive,
        draw.oneIn(2) ? 0 : random.nextInt(room + 1),
        draw.oneIn(2) ? room : random.nextInt(room + 1),
        policy == WhenExhausted.OVERFLOW ? maxActive + random.nextInt(maxActive + 2) : 0,
        policy,
        draw.oneIn(3),
        draw.millis(0, 1, 100, 5_000),
        draw.millis(1, 50, 1_000, 5_000),
        1 + random.nextInt(3),
        1 + random.nextInt(4),
        draw.millis(0, 100, 1_000, 60_000),
        draw.millis(0, 50, 1_000, 120_000),
        draw.millis(0, 200, 2_000, 1_800_000),
        draw.oneIn(3),
        draw.oneIn(2),
        draw.oneIn(3),
        draw.oneIn(4),
        draw.of(0, 5, 30, 150));
  }

  private record Draw(RandomGenerator random) {
    boolean oneIn(int n) {
      return random.nextInt(n) == 0;
    }

    @SafeVarargs
    final <T> T of(T... values) {
      return values[random.nextInt(values.length)];
    }

    Duration millis(Integer... values) {
      return Duration.ofMillis(of(values));
    }
  }

  /** A pool with these settings. */
  PoolBuilder<FuzzConn> builder(FuzzTransport transport) {
    PoolBuilder<FuzzConn> builder =
        ConnPool.builder(transport)
            .name("fuzz")
            .maxActive(maxActive)
            .minIdle(minIdle)
            .maxIdle(maxIdle)
            .whenExhausted(whenExhausted)
            .fair(fair)
            .acquireTimeout(acquireTimeout)
            .dialTimeout(dialTimeout)
            .dialAttempts(dialAttempts)
            .maxConcurrentDials(maxConcurrentDials)
            .heartbeatInterval(heartbeatInterval)
            .idleTimeout(idleTimeout)
            .maxLifetime(maxLifetime)
            .classify(transport::judge);
    if (hardMax > 0) {
      builder.hardMax(hardMax);
    }
    if (heartbeats) {
      builder.heartbeat(transport::check);
    }
    if (probes) {
      builder.probe(transport::look);
    }
    return builder;
  }
}
