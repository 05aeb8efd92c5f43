package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.PoolBuilder;
import io.connpool.PoolConfig;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the builder takes for granted, and what it makes of settings that go too far. */
@Timeout(30)
final class EffectiveConfigTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  private PoolConfig config(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return world.pool(settings).effectiveConfig();
  }

  @Test
  void theDefaultsAreTheDocumentedOnes() {
    assertEquals(
        new PoolConfig(
            "connpool",
            8,
            0,
            0,
            8,
            WhenExhausted.WAIT,
            false,
            0,
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            1,
            4,
            0,
            Duration.ofSeconds(60),
            Duration.ofSeconds(120),
            Duration.ofMinutes(30),
            Duration.ofSeconds(10),
            Duration.ZERO,
            Map.of()),
        config(b -> b));
  }

  @Test
  void everySettingIsReadBackAsItWasGiven() {
    PoolConfig config =
        config(
            b ->
                b.name("orders")
                    .maxActive(20)
                    .minIdle(0)
                    .maxIdle(5)
                    .hardMax(25)
                    .whenExhausted(WhenExhausted.OVERFLOW)
                    .fair(true)
                    .maxWaiters(9)
                    .acquireTimeout(Duration.ofMillis(1))
                    .dialTimeout(Duration.ofMillis(2))
                    .dialAttempts(3)
                    .maxConcurrentDials(6)
                    .failFastAfter(8)
                    .heartbeatInterval(Duration.ofMillis(4))
                    .idleTimeout(Duration.ofMillis(5))
                    .maxLifetime(Duration.ofMillis(6))
                    .closeTimeout(Duration.ofMillis(7))
                    .leakThreshold(Duration.ofMillis(8))
                    .attribute("user", "me"));

    assertEquals(
        new PoolConfig(
            "orders",
            20,
            0,
            5,
            25,
            WhenExhausted.OVERFLOW,
            true,
            9,
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            3,
            6,
            8,
            Duration.ofMillis(4),
            Duration.ofMillis(5),
            Duration.ofMillis(6),
            Duration.ofMillis(7),
            Duration.ofMillis(8),
            Map.of("user", "me")),
        config);
  }

  /** One that is added and forgotten there would not be shown. */
  @Test
  void theTextShowsEverySetting() {
    String text = config(b -> b.attribute("user", "me")).toString();

    for (RecordComponent setting : PoolConfig.class.getRecordComponents()) {
      assertTrue(text.contains(setting.getName() + "="), () -> setting.getName() + " in " + text);
    }
    assertTrue(text.startsWith("PoolConfig[name=connpool, maxActive=8, "), text);
    assertTrue(text.endsWith(", leakThreshold=PT0S, attributes=[user]]"), text);
  }

  @Test
  void clampsAreVisibleInTheEffectiveConfiguration() {
    assertEquals(8, config(b -> b.maxIdle(100)).maxIdle(), "maxIdle <= maxActive");
    assertEquals(100, config(b -> b.maxIdle(100).maxActive(0)).maxIdle(), "no limit");
    assertEquals(3, config(b -> b.minIdle(3)).maxIdle(), "maxIdle = minIdle");
    assertEquals(3, config(b -> b.minIdle(3).maxIdle(1)).maxIdle(), "raised to minIdle");
    assertEquals(2, config(b -> b.maxActive(2)).maxConcurrentDials(), "min(4, maxActive)");
    assertEquals(4, config(b -> b.maxActive(0)).maxConcurrentDials(), "no limit");
    assertEquals(5, config(b -> b.maxActive(5).maxConcurrentDials(9)).maxConcurrentDials());
    assertEquals(9, config(b -> b.maxActive(0).maxConcurrentDials(9)).maxConcurrentDials());
    assertEquals(6, config(b -> b.maxActive(6)).hardMax(), "hardMax without OVERFLOW");
    assertEquals(0, config(b -> b.maxActive(0)).hardMax(), "hardMax without limit");
    assertEquals(12, config(b -> b.maxActive(6).whenExhausted(WhenExhausted.OVERFLOW)).hardMax());
    assertEquals(
        Integer.MAX_VALUE,
        config(b -> b.maxActive(1 << 30).whenExhausted(WhenExhausted.OVERFLOW)).hardMax(),
        "twice maxActive, but no overflow of another kind");
  }

  @Test
  void compatOfConnpoolHasOneConnectionAndKeepsWhatItKeepsReady() {
    assertEquals(1, config(b -> b.compat("connpool")).maxActive());
    assertEquals(0, config(b -> b.compat("connpool")).minIdle());

    PoolConfig refined = config(b -> b.compat("connpool").maxActive(6).maxIdle(3));
    assertEquals(
        List.of(6, 3, 3), List.of(refined.maxActive(), refined.maxIdle(), refined.minIdle()));
    PoolConfig clamped = config(b -> b.compat("connpool").maxIdle(3));
    assertEquals(
        List.of(1, 1, 1), List.of(clamped.maxActive(), clamped.maxIdle(), clamped.minIdle()));
  }

  @Test
  void compatOfGtcpHasNoLimitNoHeartbeatAndTheDocumentedIdleLimit() {
    PoolConfig config = config(b -> b.compat("gtcp"));

    assertEquals(0, config.maxActive());
    assertEquals(Duration.ZERO, config.heartbeatInterval());
    assertEquals(Duration.ofSeconds(600), config.idleTimeout());
    assertEquals(5, config(b -> b.compat("gtcp").maxActive(5)).maxActive(), "refined later");
  }
}
