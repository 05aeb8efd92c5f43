package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.PoolBuilder;
import io.connpool.PoolConfig;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What the builder rejects and what it accepts. */
@Timeout(30)
final class PoolBuilderTest {
  private static final Duration NEGATIVE = Duration.ofMillis(-5);
  private static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  /** One call that must fail at once, and what the message must contain: setting and value. */
  private record Rejected(
      String method, Consumer<PoolBuilder<FakeConn>> call, String setting, Object value) {
    @Override
    public String toString() {
      return method + "(" + value + ")";
    }
  }

  private static Rejected rejected(
      String method, Object value, Consumer<PoolBuilder<FakeConn>> call) {
    return new Rejected(method, call, method, value);
  }

  /** A null value, which a message cannot quote. */
  private static Rejected missing(String method, Consumer<PoolBuilder<FakeConn>> call) {
    return new Rejected(method, call, method, null);
  }

  static final List<Rejected> REJECTED =
      List.of(
          missing("heartbeat", b -> b.heartbeat(null)),
          missing("close", b -> b.close(null)),
          missing("probe", b -> b.probe(null)),
          missing("classify", b -> b.classify(null)),
          missing("listener", b -> b.listener(null)),
          missing("name", b -> b.name(null)),
          rejected("name", "", b -> b.name("")),
          rejected("name", " \t", b -> b.name(" \t")),
          rejected("maxActive", -1, b -> b.maxActive(-1)),
          rejected("maxActive", Integer.MIN_VALUE, b -> b.maxActive(Integer.MIN_VALUE)),
          rejected("minIdle", -2, b -> b.minIdle(-2)),
          rejected("maxIdle", -3, b -> b.maxIdle(-3)),
          rejected("maxIdle", -1, b -> b.maxIdle(-1)),
          rejected("hardMax", 0, b -> b.hardMax(0)),
          rejected("hardMax", -1, b -> b.hardMax(-1)),
          missing("whenExhausted", b -> b.whenExhausted(null)),
          rejected("maxWaiters", -1, b -> b.maxWaiters(-1)),
          rejected("failFastAfter", -1, b -> b.failFastAfter(-1)),
          missing("settings", b -> b.settings(null)),
          missing("acquireTimeout", b -> b.acquireTimeout(null)),
          rejected("acquireTimeout", NEGATIVE, b -> b.acquireTimeout(NEGATIVE)),
          missing("dialTimeout", b -> b.dialTimeout(null)),
          rejected("dialTimeout", NEGATIVE, b -> b.dialTimeout(NEGATIVE)),
          rejected("dialTimeout", Duration.ZERO, b -> b.dialTimeout(Duration.ZERO)),
          rejected("dialAttempts", 0, b -> b.dialAttempts(0)),
          rejected("dialAttempts", -1, b -> b.dialAttempts(-1)),
          rejected("maxConcurrentDials", 0, b -> b.maxConcurrentDials(0)),
          rejected("maxConcurrentDials", -1, b -> b.maxConcurrentDials(-1)),
          missing("heartbeatInterval", b -> b.heartbeatInterval(null)),
          rejected("heartbeatInterval", NEGATIVE, b -> b.heartbeatInterval(NEGATIVE)),
          missing("idleTimeout", b -> b.idleTimeout(null)),
          rejected("idleTimeout", NEGATIVE, b -> b.idleTimeout(NEGATIVE)),
          missing("maxLifetime", b -> b.maxLifetime(null)),
          rejected("maxLifetime", NEGATIVE, b -> b.maxLifetime(NEGATIVE)),
          missing("closeTimeout", b -> b.closeTimeout(null)),
          rejected("closeTimeout", NEGATIVE, b -> b.closeTimeout(NEGATIVE)),
          missing("leakThreshold", b -> b.leakThreshold(null)),
          rejected("leakThreshold", NEGATIVE, b -> b.leakThreshold(NEGATIVE)),
          missing("attribute", b -> b.attribute(null, "value")),
          missing("attribute", b -> b.attribute("key", null)),
          rejected("attribute", " ", b -> b.attribute(" ", "value")),
          missing("compat", b -> b.compat(null)),
          rejected("compat", "dbcp", b -> b.compat("dbcp")),
          rejected("compat", "", b -> b.compat("")));

  /** Every value of their type makes sense, or sense is a matter of the whole. */
  private static final Set<String> REJECT_NOTHING = Set.of("fair", "build");

  @ParameterizedTest
  @FieldSource("REJECTED")
  void nonsenseIsRejectedAtOnceWithNameAndValue(Rejected rejected) {
    PoolBuilder<FakeConn> builder = ConnPool.builder(world.transport());

    RuntimeException failure =
        assertThrows(RuntimeException.class, () -> rejected.call().accept(builder));

    Class<?> expected =
        rejected.value() == null ? NullPointerException.class : IllegalArgumentException.class;
    assertSame(expected, failure.getClass());
    String message = failure.getMessage();
    assertTrue(message.contains(rejected.setting()), message);
    assertTrue(rejected.value() == null || message.contains("" + rejected.value()), message);
    assertEquals(config(b -> b), world.pool(builder).effectiveConfig(), "nothing was changed");
  }

  @Test
  void everyMethodOfTheBuilderHasCasesHere() {
    Set<String> covered =
        REJECTED.stream().map(Rejected::method).collect(Collectors.toCollection(TreeSet::new));
    covered.addAll(REJECT_NOTHING);

    assertEquals(publicMethods(), covered);
  }

  static Set<String> publicMethods() {
    return Arrays.stream(PoolBuilder.class.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void aMissingTransportIsRejected() {
    NullPointerException failure =
        assertThrows(NullPointerException.class, () -> ConnPool.builder(null));

    assertTrue(failure.getMessage().contains("transport"), failure::getMessage);
  }

  // --- contradictions ---

  private PoolConfig config(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return world.pool(settings).effectiveConfig();
  }

  private record Contradiction(UnaryOperator<PoolBuilder<FakeConn>> settings, String... words) {
    @Override
    public String toString() {
      return String.join(" ", words);
    }
  }

  static final List<Contradiction> CONTRADICTIONS =
      List.of(
          new Contradiction(b -> b.minIdle(9), "minIdle", "9", "maxActive", "8"),
          new Contradiction(b -> b.maxActive(3).minIdle(4), "minIdle", "4", "maxActive", "3"),
          new Contradiction(b -> b.hardMax(16), "hardMax", "16", "OVERFLOW"),
          new Contradiction(
              b -> b.hardMax(17).whenExhausted(WhenExhausted.FAIL), "hardMax", "17", "FAIL"),
          new Contradiction(
              b -> b.hardMax(7).whenExhausted(WhenExhausted.OVERFLOW),
              "hardMax",
              "7",
              "maxActive",
              "8"),
          new Contradiction(
              b -> b.maxActive(0).whenExhausted(WhenExhausted.OVERFLOW),
              "maxActive",
              "0",
              "OVERFLOW"));

  @ParameterizedTest
  @FieldSource("CONTRADICTIONS")
  void contradictionsAreRejectedByBuildWithNamesAndValues(Contradiction contradiction) {
    PoolBuilder<FakeConn> builder =
        contradiction.settings().apply(ConnPool.builder(world.transport()));

    IllegalArgumentException failure = assertThrows(IllegalArgumentException.class, builder::build);

    for (String word : contradiction.words()) {
      assertTrue(failure.getMessage().contains(word), failure::getMessage);
    }
  }

  @Test
  void whatOnlySeemsToContradictIsAccepted() {
    assertEquals(9, config(b -> b.maxActive(0).minIdle(9)).minIdle());
    assertEquals(8, config(b -> b.hardMax(8).whenExhausted(WhenExhausted.OVERFLOW)).hardMax());
    assertEquals(8, config(b -> b.minIdle(8)).minIdle());
    assertEquals(3, config(b -> b.minIdle(3).maxActive(3)).minIdle());
  }

  // --- the builder itself ---

  @Test
  void hugeValuesMeanForEverAndPreventNothing() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.maxActive(Integer.MAX_VALUE)
                    .maxIdle(Integer.MAX_VALUE)
                    .maxConcurrentDials(Integer.MAX_VALUE)
                    .dialAttempts(Integer.MAX_VALUE)
                    .acquireTimeout(ENDLESS)
                    .dialTimeout(ENDLESS)
                    .heartbeatInterval(ENDLESS)
                    .idleTimeout(ENDLESS)
                    .maxLifetime(ENDLESS)
                    .closeTimeout(ENDLESS));

    pool.acquire().close();
    world.clock().advance(Duration.ofMinutes(30));

    assertEquals(1, pool.call(FakeConn::id));
    assertEquals(1, world.transport().connection(1).heartbeats());
    pool.close();
  }

  @Test
  void zeroMeansNeverWhereItIsDocumented() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(
            b ->
                b.heartbeatInterval(Duration.ZERO)
                    .idleTimeout(Duration.ZERO)
                    .maxLifetime(Duration.ZERO));
    pool.acquire().close();

    world.clock().advance(Duration.ofMinutes(40));

    assertEquals(1, pool.call(FakeConn::id));
    assertEquals(1, world.transport().connection(1).heartbeats());
  }

  @Test
  void oneBuilderMayBuildSeveralPoolsThatHaveNothingInCommon() throws Exception {
    PoolBuilder<FakeConn> builder =
        ConnPool.builder(world.transport()).maxActive(1).attribute("n", 1);
    ConnPool<FakeConn> first = world.pool(builder);
    ConnPool<FakeConn> second = world.pool(builder.maxActive(2).attribute("n", 2));

    assertEquals(1, first.effectiveConfig().maxActive());
    assertEquals(Map.of("n", 1), first.effectiveConfig().attributes());
    assertEquals(Map.of("n", 2), second.effectiveConfig().attributes());
    first.close();
    assertNotNull(second.acquire().get());
  }

  @Test
  void everySettingReturnsTheBuilder() {
    PoolBuilder<FakeConn> builder = ConnPool.builder(world.transport());

    assertSame(builder, builder.name("orders"));
    assertSame(builder, builder.compat("gtcp"));
    assertSame(builder, builder.attribute("key", "value"));
  }

  @Test
  void buildReturnsAtOnceWhateverTheFirstDialsDo() {
    world.transport().always(Function.DIAL, Step.HANG);

    ConnPool<FakeConn> pool = world.pool(b -> b.minIdle(2));

    PoolWorld.eventually(pool, "dialing", stats -> stats.dialing() == 2);
  }

  @Test
  void aConnectionThatNobodyCanCloseIsAnErrorOfTheFirstDial() {
    ConnPool<Object> pool = world.pool(ConnPool.builder(context -> new Object()));

    DialException failure = assertThrows(DialException.class, pool::acquire);

    assertNotNull(failure.getCause());
    assertTrue(failure.getCause().getMessage().contains("java.lang.Object"));
    assertEquals(0, pool.stats().total());
  }

  @Test
  void anAutoCloseableIsClosedWithoutFurtherAdo() throws Exception {
    Set<Object> closed = java.util.concurrent.ConcurrentHashMap.newKeySet();
    ConnPool<AutoCloseable> pool =
        world.pool(ConnPool.<AutoCloseable>builder(context -> () -> closed.add("it")));

    pool.acquire().invalidate();

    PoolWorld.eventually(() -> "closed", () -> closed.size() == 1);
  }
}
