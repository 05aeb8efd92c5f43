package io.connpool.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.testkit.EventRecorder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PoolMetricsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final PoolMetrics metrics = PoolMetrics.to(registry, Tags.of("app", "shop"));

  private ConnPool<FakeConn> pool(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return world.pool(b -> settings.apply(b.name("orders").listener(metrics)));
  }

  private double gauge(String name) {
    return registry.get("connpool.connections" + name).tags("pool", "orders").gauge().value();
  }

  private double counter(String name, String... tags) {
    return registry.get("connpool." + name).tags(tags).functionCounter().count();
  }

  private Timer waits(String outcome) {
    return registry.get("connpool.connections.acquire").tags("outcome", outcome).timer();
  }

  @Test
  void theSixGaugesAreWhatThePoolSays() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(3).minIdle(1));
    PoolWorld.eventually(pool, "one is ready", stats -> stats.idle() == 1);
    Lease<FakeConn> first = pool.acquire();
    Lease<FakeConn> second = pool.acquire();
    Lease<FakeConn> third = pool.acquire();
    CompletableFuture<Lease<FakeConn>> waiting = pool.acquireAsync();

    List<Double> busy = List.of(gauge(""), gauge(".active"), gauge(".idle"), gauge(".pending"));
    waiting.cancel(false);
    first.close();
    List<Double> then = List.of(gauge(""), gauge(".active"), gauge(".idle"), gauge(".pending"));

    assertEquals(List.of(3.0, 3.0, 0.0, 1.0), busy);
    assertEquals(List.of(3.0, 2.0, 1.0, 0.0), then);
    assertEquals(List.of(3.0, 1.0), List.of(gauge(".max"), gauge(".min")));
    pool.reconfigure(b -> b.maxActive(5));
    assertEquals(5.0, gauge(".max"));
    second.close();
    third.close();
  }

  @Test
  void whatHasNoLimitHasNoMaximum() {
    pool(b -> b.maxActive(0));

    assertEquals(Double.NaN, gauge(".max"));
  }

  @Test
  void aWaitIsTimedByHowItEndedAndAnAcquireThatNeedNotWaitIsNot() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).minIdle(1));
    PoolWorld.eventually(pool, "one is ready", stats -> stats.idle() == 1);
    Lease<FakeConn> lease = pool.acquire();
    CompletableFuture<Lease<FakeConn>> served = pool.acquireAsync();
    CompletableFuture<Lease<FakeConn>> late = pool.acquireAsync(SECOND);
    world.clock().advance(SECOND);
    assertTrue(PoolWorld.failureOf(late) instanceof AcquireTimeoutException);
    lease.close();
    PoolWorld.outcome(served).close();

    PoolWorld.eventually(
        () -> "both are timed",
        () -> waits("served").count() == 1 && waits("timed_out").count() == 1);
    assertEquals(1.0, waits("timed_out").totalTime(TimeUnit.SECONDS));
    assertEquals(1.0, waits("served").max(TimeUnit.SECONDS));
    assertEquals(1.0, counter("connections.timeout"));
    assertEquals(0, waits("failed").count() + waits("given_up").count());
  }

  @Test
  void leasesAreCountedAndTheirTimeIsAddedUp() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1));
    pool.acquire().close();
    Lease<FakeConn> lease = pool.acquire();
    world.clock().advance(SECOND.multipliedBy(10));
    lease.close();

    var usage = registry.get("connpool.connections.usage").functionTimer();
    assertEquals(2, usage.count());
    assertEquals(10, usage.totalTime(TimeUnit.SECONDS));
  }

  @Test
  void dialsAreTimedAndFailuresAndClosesCounted() throws Exception {
    world.transport().next(Function.DIAL, Step.THROW, Step.SLOW);
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1));
    assertThrows(DialException.class, pool::acquire);
    CompletableFuture<Lease<FakeConn>> waiting = pool.acquireAsync();
    world.advanceUntil(SECOND, Duration.ofMinutes(1), waiting::isDone);
    Lease<FakeConn> lease = PoolWorld.outcome(waiting);
    lease.invalidate();
    lease.invalidate();

    Timer dials = registry.get("connpool.connections.creation").timer();
    PoolWorld.eventually(() -> "the dial is timed", () -> dials.count() == 1);
    assertTrue(dials.totalTime(TimeUnit.SECONDS) >= 1);
    assertEquals(1.0, counter("connections.dial.failures"));
    assertEquals(1.0, counter("connections.closed", "reason", "invalidated"));
    assertEquals(0.0, counter("connections.closed", "reason", "idle"));
    assertEquals(1.0, counter("connections.misuses"));
  }

  @Test
  void aSuspectedLeakIsCounted() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.leakThreshold(SECOND));
    Lease<FakeConn> lease = pool.acquire();
    world.clock().advance(SECOND.multipliedBy(2));

    var leaks = registry.get("connpool.connections.leaks.suspected").counter();
    PoolWorld.eventually(() -> "it is counted", () -> leaks.count() == 1);
    lease.close();
  }

  @Test
  void theMetersGoWithThePoolAndItsNameIsFreeAgain() {
    ConnPool<FakeConn> pool = pool(b -> b);
    int meters = registry.getMeters().size();
    assertTrue(registry.getMeters().stream().allMatch(m -> "shop".equals(m.getId().getTag("app"))));

    pool.close(Duration.ZERO);

    assertEquals(List.of(), registry.getMeters());
    pool(b -> b);
    assertEquals(meters, registry.getMeters().size());
  }

  @Test
  void aSecondPoolOfTheSameNameIsRefusedAndTheFirstOneKeepsItsMeters() {
    EventRecorder heard = new EventRecorder();
    pool(b -> b.maxActive(3));
    int meters = registry.getMeters().size();

    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> pool(b -> b.listener(heard)));

    assertTrue(refused.getMessage().contains("orders"), refused::getMessage);
    assertEquals(meters, registry.getMeters().size());
    assertEquals(3.0, gauge(".max"));
    assertEquals(List.of(), heard.events(), "it comes after the one that refused");
  }
}
