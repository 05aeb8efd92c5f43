package io.connpool.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.PoolConfig;
import io.connpool.WhenExhausted;
import io.connpool.spi.SomeProviders.Told;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The settings of a pool in a URI: each one makes the difference that its method makes, and there
 * is one for each method that takes a value which can be written down. An option without a case
 * fails the test.
 */
final class PoolOptionsTest {

  /** An option: what it stands in for, and what a pool shows of it. */
  private record Option(
      String name, String base, String value, Function<PoolConfig, Object> shown, Object expected) {
    Option(String name, String value, Function<PoolConfig, Object> shown, Object expected) {
      this(name, "", value, shown, expected);
    }

    @Override
    public String toString() {
      return name + "=" + value;
    }
  }

  static final List<Option> OPTIONS =
      List.of(
          new Option("compat", "connpool", PoolConfig::maxActive, 1),
          new Option("name", "orders", PoolConfig::name, "orders"),
          new Option("maxActive", "64", PoolConfig::maxActive, 64),
          new Option("minIdle", "2", PoolConfig::minIdle, 2),
          new Option("maxIdle", "4", PoolConfig::maxIdle, 4),
          new Option("hardMax", "whenExhausted=overflow", "12", PoolConfig::hardMax, 12),
          new Option("whenExhausted", "fail", PoolConfig::whenExhausted, WhenExhausted.FAIL),
          new Option("fair", "true", PoolConfig::fair, true),
          new Option("maxWaiters", "9", PoolConfig::maxWaiters, 9),
          new Option("acquireTimeout", "250ms", PoolConfig::acquireTimeout, Duration.ofMillis(250)),
          new Option("dialTimeout", "3s", PoolConfig::dialTimeout, Duration.ofSeconds(3)),
          new Option("dialAttempts", "3", PoolConfig::dialAttempts, 3),
          new Option("maxConcurrentDials", "2", PoolConfig::maxConcurrentDials, 2),
          new Option("failFastAfter", "3", PoolConfig::failFastAfter, 3),
          new Option("heartbeatInterval", "0", PoolConfig::heartbeatInterval, Duration.ZERO),
          new Option("idleTimeout", "10m", PoolConfig::idleTimeout, Duration.ofMinutes(10)),
          new Option("maxLifetime", "1h", PoolConfig::maxLifetime, Duration.ofHours(1)),
          new Option("closeTimeout", "1s", PoolConfig::closeTimeout, Duration.ofSeconds(1)),
          new Option("leakThreshold", "1m", PoolConfig::leakThreshold, Duration.ofMinutes(1)));

  @TempDir Path folder;
  private Services services;

  @BeforeEach
  void register() throws IOException {
    services = Services.of(folder, SomeProviders.Good.class);
  }

  @AfterEach
  void unregister() throws IOException {
    services.close();
  }

  @ParameterizedTest
  @FieldSource("OPTIONS")
  void theOptionMakesThisDifference(Option option) {
    assertNotEquals(option.expected(), option.shown().apply(config(option.base())));

    String with = option.base() + "&" + option.name() + "=" + option.value();

    assertEquals(option.expected(), option.shown().apply(config(with.replaceFirst("^&", ""))));
  }

  private static PoolConfig config(String options) {
    String query = options.isEmpty() ? "" : "?" + options;
    try (ConnPool<Told> pool = SomeProviders.open("good://a:1" + query)) {
      return pool.effectiveConfig();
    }
  }

  @Test
  void everyOptionHasACase() {
    TransportUri uri = TransportUri.of(URI.create("good://a:1"));
    PoolOptions.apply(uri, ConnPool.builder(context -> new Told("")));

    assertEquals(
        OPTIONS.stream().map(Option::name).collect(Collectors.toCollection(TreeSet::new)),
        new TreeSet<>(uri.knownOptions()));
  }

  @Test
  void everySettingThatCanBeWrittenDownIsAnOption() {
    Set<String> settings =
        Arrays.stream(PoolBuilder.class.getMethods())
            .filter(method -> method.getReturnType() == PoolBuilder.class)
            .filter(method -> !Modifier.isStatic(method.getModifiers()))
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    settings.removeAll(Set.of("heartbeat", "close", "probe", "classify", "listener")); // functions
    settings.remove("settings"); // all of them at once
    settings.remove("attribute"); // an object; a transport found by a URI has options of its own

    assertEquals(
        settings,
        OPTIONS.stream().map(Option::name).collect(Collectors.toCollection(TreeSet::new)));
  }

  /** Whatever the order in the URI: an ancestor's settings are refined by the others. */
  @Test
  void compatComesFirst() {
    assertEquals(7, config("maxActive=7&compat=connpool").maxActive());
  }

  @Test
  void nonsenseIsRejectedAsByTheBuilder() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> config("maxActive=-1")).getMessage();

    assertEquals(
        "good://a:1?maxActive=-1: maxActive must be 0 (no limit) or more, but is -1", message);
  }
}
