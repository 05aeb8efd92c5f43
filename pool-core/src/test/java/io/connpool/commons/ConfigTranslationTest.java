package io.connpool.commons;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.connpool.ConnPool;
import io.connpool.PoolConfig;
import io.connpool.WhenExhausted;
import io.connpool.commons.TranslationNote.Outcome;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.EvictionConfig;
import org.apache.commons.pool2.impl.EvictionPolicy;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each setting becomes. What validation does is in {@link ObjectPoolContract}. */
final class ConfigTranslationTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** A translated setting: its name, how it is set, what then differs, and what the note says. */
  static Stream<Arguments> translations() {
    return Stream.of(
        change("maxTotal", c -> c.setMaxTotal(3), PoolConfig::maxActive, 3, Outcome.SAME),
        change("maxTotal", c -> c.setMaxTotal(-1), PoolConfig::maxActive, 0, Outcome.SAME),
        change("maxIdle", c -> c.setMaxIdle(2), PoolConfig::maxIdle, 2, Outcome.CHANGED),
        change(
            "maxIdle", c -> c.setMaxIdle(-1), PoolConfig::idleTimeout, Duration.ZERO, Outcome.SAME),
        change("minIdle", c -> c.setMinIdle(2), PoolConfig::minIdle, 2, Outcome.CHANGED),
        change(
            "minIdle",
            c -> {
              c.setMinIdle(5);
              c.setMaxIdle(3);
              c.setTimeBetweenEvictionRuns(MINUTE);
            },
            PoolConfig::minIdle,
            3,
            Outcome.SAME),
        change("minIdle", c -> c.setMinIdle(50), PoolConfig::minIdle, 8, Outcome.CHANGED),
        change(
            "minEvictableIdleDuration",
            c -> {
              c.setTimeBetweenEvictionRuns(MINUTE);
              c.setMinEvictableIdleDuration(Duration.ofMinutes(7));
            },
            config -> config.maxIdle() + " for ever, " + config.idleTimeout(),
            "0 for ever, PT7M",
            Outcome.CHANGED),
        change(
            "softMinEvictableIdleDuration",
            c -> {
              c.setTimeBetweenEvictionRuns(MINUTE);
              c.setMinIdle(1);
              c.setSoftMinEvictableIdleDuration(Duration.ofMinutes(4));
            },
            config -> config.maxIdle() + " for ever, " + config.idleTimeout(),
            "1 for ever, PT4M",
            Outcome.CHANGED),
        change(
            "blockWhenExhausted",
            c -> c.setBlockWhenExhausted(false),
            PoolConfig::whenExhausted,
            WhenExhausted.FAIL,
            Outcome.SAME),
        change(
            "maxWait",
            c -> c.setMaxWait(MINUTE),
            PoolConfig::acquireTimeout,
            MINUTE,
            Outcome.CHANGED),
        change("fairness", c -> c.setFairness(true), PoolConfig::fair, true, Outcome.SAME),
        change(
            "testWhileIdle",
            c -> {
              c.setTestWhileIdle(true);
              c.setTimeBetweenEvictionRuns(MINUTE);
            },
            PoolConfig::heartbeatInterval,
            MINUTE,
            Outcome.CHANGED),
        change(
            "jmxNamePrefix",
            c -> c.setJmxNamePrefix("orders"),
            PoolConfig::name,
            "orders",
            Outcome.CHANGED));
  }

  private static Arguments change(
      String setting,
      Consumer<GenericObjectPoolConfig<Item>> how,
      Function<PoolConfig, Object> what,
      Object expected,
      Outcome outcome) {
    return arguments(setting, how, what, expected, outcome);
  }

  @ParameterizedTest
  @MethodSource("translations")
  void theSettingBecomes(
      String setting,
      Consumer<GenericObjectPoolConfig<Item>> how,
      Function<PoolConfig, Object> what,
      Object expected,
      Outcome outcome) {
    GenericObjectPoolConfig<Item> config = new GenericObjectPoolConfig<>();
    assertNotEquals(expected, what.apply(effective(config)), "the default shows no difference");
    how.accept(config);

    assertEquals(expected, what.apply(effective(config)));
    assertEquals(outcome, note(config, setting).outcome());
  }

  @Test
  void theDefaultsAreTheirs() {
    PoolConfig config = effective(new GenericObjectPoolConfig<>());

    assertEquals(8, config.maxActive());
    assertEquals(8, config.maxIdle());
    assertEquals(0, config.minIdle());
    assertEquals(WhenExhausted.WAIT, config.whenExhausted());
    assertTrue(config.acquireTimeout().compareTo(Duration.ofDays(365)) > 0, "for ever");
    assertEquals(Duration.ZERO, config.heartbeatInterval());
    assertEquals(Duration.ZERO, config.maxLifetime());
  }

  @Test
  void everySettingHasExactlyOneNote() {
    Set<String> settings =
        Arrays.stream(GenericObjectPoolConfig.class.getMethods())
            .filter(method -> !method.isAnnotationPresent(Deprecated.class))
            .filter(method -> method.getParameterCount() == 0)
            .map(Method::getName)
            .filter(name -> name.startsWith("get") && !name.equals("getClass"))
            .map(name -> name.substring(3, 4).toLowerCase() + name.substring(4))
            .map(name -> SAME_SETTING.getOrDefault(name, name))
            .collect(Collectors.toCollection(TreeSet::new));
    settings.add("makeObject"); // not a setting, but a difference

    List<String> noted =
        ConfigTranslation.of(new GenericObjectPoolConfig<>()).notes().stream()
            .map(TranslationNote::setting)
            .sorted()
            .toList();

    assertEquals(List.copyOf(settings), noted);
  }

  private static final Map<String, String> SAME_SETTING =
      Map.of(
          "maxWaitDuration", "maxWait",
          "evictionPolicyClassName", "evictionPolicy",
          "evictorShutdownTimeoutDuration", "evictorShutdownTimeout");

  @Test
  void whatCannotBeTranslatedIsSaidToBeDropped() {
    GenericObjectPoolConfig<Item> config = new GenericObjectPoolConfig<>();
    config.setLifo(false);
    config.setTimeBetweenEvictionRuns(MINUTE);
    config.setEvictionPolicy(new Never());

    Set<String> dropped =
        ConfigTranslation.of(config).notes().stream()
            .filter(note -> note.outcome() == Outcome.DROPPED)
            .map(TranslationNote::setting)
            .collect(Collectors.toSet());

    assertEquals(
        Set.of("lifo", "evictionPolicy", "evictorShutdownTimeout", "jmxEnabled", "jmxNameBase"),
        dropped);
  }

  private static final class Never implements EvictionPolicy<Item> {
    @Override
    public boolean evict(EvictionConfig config, PooledObject<Item> underTest, int idleCount) {
      return false;
    }
  }

  @Test
  void theReportSaysThatMaxIdleClosesAfterTheIdleTimeout() {
    GenericObjectPoolConfig<Item> config = new GenericObjectPoolConfig<>();
    config.setMaxIdle(2);

    String report = ConfigTranslation.of(config).toString();

    assertTrue(
        report.contains(
            "CHANGED maxIdle = 2: what is idle beyond it is closed after the idle timeout, 2 min,"
                + " not on its return"),
        report);
  }

  @Test
  void aPoolOfNothingIsRefused() {
    GenericObjectPoolConfig<Item> config = new GenericObjectPoolConfig<>();
    config.setMaxTotal(0);

    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> ConfigTranslation.of(config));

    assertEquals(
        "maxTotal must be 1 or more, or negative for no limit, but is 0", refused.getMessage());
  }

  private static PoolConfig effective(GenericObjectPoolConfig<Item> config) {
    try (ConnPool<Item> pool = ConfigTranslation.of(config).builder(new CheckedFactory()).build()) {
      return pool.effectiveConfig();
    }
  }

  private static TranslationNote note(GenericObjectPoolConfig<Item> config, String setting) {
    return ConfigTranslation.of(config).notes().stream()
        .filter(note -> note.setting().equals(setting))
        .findFirst()
        .orElseThrow();
  }
}
