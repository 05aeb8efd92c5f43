package io.connpool.micrometer;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.PoolEvent.Waited.Outcome;
import io.connpool.PoolStats;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** The meters of one pool. */
final class PoolMeters {
  private static final String CONNECTIONS = "connpool.connections";

  private final MeterRegistry registry;
  private final Tags tags;
  private final ConnPool<?> pool;
  private final List<Meter> meters = new ArrayList<>();
  private final Map<Outcome, Timer> waits = new EnumMap<>(Outcome.class);
  private final Timer dials;
  private final Counter leaks;

  private PoolMeters(MeterRegistry registry, Tags tags, ConnPool<?> pool) {
    this.registry = registry;
    this.tags = tags;
    this.pool = pool;
    for (Outcome outcome : Outcome.values()) {
      waits.put(
          outcome,
          added(
              Timer.builder(CONNECTIONS + ".acquire")
                  .description("Acquires that had to wait; those that did not are not in it")
                  .tags(tags.and("outcome", lowerCase(outcome)))
                  .register(registry)));
    }
    dials =
        added(
            Timer.builder(CONNECTIONS + ".creation")
                .description("Dials that succeeded, their first heartbeat included")
                .tags(tags)
                .register(registry));
    leaks =
        added(
            Counter.builder(CONNECTIONS + ".leaks.suspected")
                .description("Leases that were out for longer than the leak threshold")
                .tags(tags)
                .register(registry));
  }

  static PoolMeters register(MeterRegistry registry, Tags tags, ConnPool<?> pool) {
    if (registry.find(CONNECTIONS).tags(tags).meter() != null) {
      throw new IllegalArgumentException(
          "the registry has meters of a pool with %s already: give each pool a name of its own"
              .formatted(tags.stream().toList()));
    }
    PoolMeters meters = new PoolMeters(registry, tags, pool);
    meters.registerGauges();
    meters.registerCounters();
    return meters;
  }

  private void registerGauges() {
    gauge("", "Connections that exist", PoolStats::total);
    gauge(".idle", "Parked and ready to be lent", PoolStats::idle);
    gauge(".active", "Out; a shared one counts once", PoolStats::leased);
    gauge(".pending", "Callers that wait", PoolStats::pending);
    gauge(".max", "Most connections; not a number if there is no limit", stats -> maxActive());
    gauge(".min", "Idle ones that are kept ready", stats -> pool.effectiveConfig().minIdle());
  }

  private double maxActive() {
    int most = pool.effectiveConfig().maxActive();
    return most == 0 ? Double.NaN : most;
  }

  private void registerCounters() {
    added(
        FunctionTimer.builder(
                CONNECTIONS + ".usage",
                pool,
                p -> p.stats().leaseTimes().count(),
                p -> p.stats().leaseTimes().total().toNanos(),
                TimeUnit.NANOSECONDS)
            .description("Leases begun, and how long leases were out, looked at once a second")
            .tags(tags)
            .register(registry));
    counter(CONNECTIONS + ".timeout", "Acquires that ran out of time", tags, PoolStats::timeouts);
    counter(CONNECTIONS + ".dial.failures", "Dials that failed", tags, PoolStats::dialFailures);
    counter(CONNECTIONS + ".close.failures", "Closes that failed", tags, PoolStats::closeFailures);
    counter(CONNECTIONS + ".misuses", "Leases that were ended twice", tags, PoolStats::misuses);
    counter(
        "connpool.events.lost",
        "Events of which the listeners could not be told",
        tags,
        PoolStats::lostEvents);
    for (CloseReason reason : CloseReason.values()) {
      counter(
          CONNECTIONS + ".closed",
          "Connections closed",
          tags.and("reason", lowerCase(reason)),
          stats -> stats.closedBy().getOrDefault(reason, 0L));
    }
  }

  private void gauge(String name, String description, ToDoubleFunction<PoolStats> figure) {
    added(
        Gauge.builder(CONNECTIONS + name, pool, p -> figure.applyAsDouble(p.stats()))
            .description(description)
            .tags(tags)
            .strongReference(true)
            .register(registry));
  }

  private void counter(
      String name, String description, Tags itsTags, ToDoubleFunction<PoolStats> figure) {
    added(
        FunctionCounter.builder(name, pool, p -> figure.applyAsDouble(p.stats()))
            .description(description)
            .tags(itsTags)
            .register(registry));
  }

  private <M extends Meter> M added(M meter) {
    meters.add(meter);
    return meter;
  }

  void dialed(Duration took) {
    dials.record(took);
  }

  void waited(Outcome outcome, Duration time) {
    Objects.requireNonNull(waits.get(outcome), "one for each outcome").record(time);
  }

  void leakSuspected() {
    leaks.increment();
  }

  void remove() {
    meters.forEach(registry::remove);
  }

  private static String lowerCase(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
