package io.connpool.micrometer;

import io.connpool.ConnPool;
import io.connpool.PoolEvent;
import io.connpool.PoolListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Publishes what happens in pools as Micrometer meters, tagged with the name of the pool. Given to
 * a builder as a listener; one may serve many pools.
 *
 * <pre>{@code
 * PoolMetrics metrics = PoolMetrics.to(registry);
 * ConnPool<Socket> pool = ConnPool.builder(dial).name("orders").listener(metrics).build();
 * }</pre>
 *
 * <p><b>What it costs.</b> An acquire that finds a connection ready costs the same with it and
 * without: gauges and counters are read from {@link ConnPool#stats()} when the registry is read,
 * and only waits, dials and closes are events. When more waits end than a listener can be told of,
 * some are missing from the timers; {@code connpool.events.lost} counts them, and {@link
 * io.connpool.PoolStats#waits()} has them all.
 *
 * <p><b>Lifecycle.</b> The meters of a pool are registered while it is built and removed when it
 * has ended; until then the registry keeps the pool from being collected. Two pools of one name
 * would write the same meters, so the second one is refused.
 */
public final class PoolMetrics implements PoolListener {
  private final MeterRegistry registry;
  private final Tags tags;

  /** By the name of the pool. */
  private final Map<String, PoolMeters> open = new ConcurrentHashMap<>();

  private PoolMetrics(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
  }

  /**
   * Metrics that go to this registry.
   *
   * @param registry not closed by this
   * @return to be given to {@link io.connpool.PoolBuilder#listener}
   */
  public static PoolMetrics to(MeterRegistry registry) {
    return to(registry, Tags.empty());
  }

  /**
   * Metrics that go to this registry, each with more tags than the name of its pool.
   *
   * @param registry not closed by this
   * @param tags for every meter
   * @return to be given to {@link io.connpool.PoolBuilder#listener}
   */
  public static PoolMetrics to(MeterRegistry registry, Iterable<Tag> tags) {
    return new PoolMetrics(Objects.requireNonNull(registry, "registry"), Tags.of(tags));
  }

  /**
   * Registers the meters of this pool.
   *
   * @throws IllegalArgumentException if the registry has those of another one with this name
   */
  @Override
  public void poolOpened(ConnPool<?> pool) {
    String name = pool.effectiveConfig().name();
    open.put(name, PoolMeters.register(registry, tags.and("pool", name), pool));
  }

  @Override
  public void dialed(PoolEvent.Dialed event) {
    of(event).dialed(event.took());
  }

  @Override
  public void waited(PoolEvent.Waited event) {
    of(event).waited(event.outcome(), event.time());
  }

  @Override
  public void leakSuspected(PoolEvent.LeakSuspected event) {
    of(event).leakSuspected();
  }

  @Override
  public void poolClosed(PoolEvent.PoolClosed event) {
    of(event).remove();
    open.remove(event.pool());
  }

  private PoolMeters of(PoolEvent event) {
    return Objects.requireNonNull(open.get(event.pool()), "events come between open and close");
  }
}
