package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a flight recording shows. The events are written by the JVM, to a file. */
class FlightTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  @TempDir Path folder;

  private void liveOutALife() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.name("orders")
                    .maxActive(1)
                    .heartbeatInterval(Duration.ofSeconds(60))
                    .leakThreshold(Duration.ofSeconds(10)));
    world.transport().next(Function.DIAL, Step.THROW);
    assertTrue(PoolWorld.failureOf(pool.acquireAsync()) != null);
    world.advanceUntil(SECOND, Duration.ofMinutes(1), () -> !isPausing(pool));
    Lease<FakeConn> lease = PoolWorld.outcome(pool.acquireAsync());
    CompletableFuture<Lease<FakeConn>> waiting = pool.acquireAsync(SECOND);
    world.clock().advance(SECOND);
    assertTrue(PoolWorld.failureOf(waiting) != null);
    world.clock().advance(Duration.ofSeconds(12));
    lease.close();
    world.transport().next(Function.HEARTBEAT, Step.OK, Step.THROW);
    world.advanceUntil(
        Duration.ofSeconds(5), Duration.ofMinutes(5), () -> pool.stats().closed() == 1);
    assertTrue(pool.close(Duration.ZERO));
  }

  private static boolean isPausing(ConnPool<FakeConn> pool) {
    return ((DefaultConnPool<FakeConn>) pool).engine.supply.isPausing();
  }

  private List<RecordedEvent> record(boolean enabled) throws Exception {
    Path file = folder.resolve("flight.jfr");
    try (Recording recording = new Recording()) {
      for (Class<?> type : Flight.class.getDeclaredClasses()) {
        String name = "io.connpool." + type.getSimpleName().replace("Stats", "PoolStats");
        if (enabled) {
          recording.enable(name);
        } else {
          recording.disable(name);
        }
      }
      recording.start();
      liveOutALife();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("io.connpool."))
        .toList();
  }

  private static List<RecordedEvent> of(String type, List<RecordedEvent> events) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals("io.connpool." + type))
        .toList();
  }

  private static Set<String> values(String field, List<RecordedEvent> events) {
    return events.stream()
        .map(event -> event.<Object>getValue(field))
        .map(String::valueOf)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void aRecordingHasTheLifeOfAPool() throws Exception {
    List<RecordedEvent> events = record(true);

    assertEquals(Set.of("orders"), values("pool", events));
    assertEquals(Set.of("FAILED", "SERVED", "TIMED_OUT"), values("outcome", of("Acquire", events)));
    List<RecordedEvent> dials = of("Dial", events);
    assertEquals(2, dials.size());
    assertTrue(
        dials.stream().map(e -> String.valueOf(e.getString("failure"))).anyMatch("null"::equals));
    assertTrue(values("failure", dials).toString().contains("scripted failure of DIAL"));
    List<RecordedEvent> heartbeats = of("Heartbeat", events);
    assertEquals(2, heartbeats.size());
    assertNull(heartbeats.get(0).getString("failure"));
    assertTrue(heartbeats.get(1).getString("failure").contains("scripted failure of HEARTBEAT"));
    RecordedEvent close = of("Close", events).get(0);
    assertEquals("HEARTBEAT", close.getString("reason"));
    assertTrue(close.getDuration("age").compareTo(SECOND.multipliedBy(60)) > 0);
    RecordedEvent leak = of("LeakSuspected", events).get(0);
    assertTrue(leak.getDuration("out").compareTo(SECOND.multipliedBy(10)) >= 0);
    assertTrue(leak.getString("taken").contains("liveOutALife"), leak::toString);
    List<RecordedEvent> stats = of("PoolStats", events);
    assertTrue(stats.size() > 10, () -> stats.size() + " seconds");
    assertEquals(Set.of("0", "1"), values("leased", stats));
    assertEquals(Set.of("1"), values("maxActive", stats));
  }

  @Test
  void aRecordingThatDoesNotWantThemHasNone() throws Exception {
    assertEquals(List.of(), record(false));
  }
}
