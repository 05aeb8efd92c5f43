package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Health;
import io.connpool.PoolBuilder;
import io.connpool.PoolConfig;
import io.connpool.PoolEvent;
import io.connpool.PoolListener;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Every setting makes a difference: the same experiment, once without the setting and once with it,
 * has two different outcomes. A setting without an experiment fails the test.
 */
@Timeout(60)
final class KnobsTest {
  @RegisterExtension final PoolWorld plain = PoolWorld.exclusive();
  @RegisterExtension final PoolWorld tuned = PoolWorld.exclusive();

  /** Does something with a pool; the outcome is polled, because pools do much in the background. */
  @FunctionalInterface
  private interface Experiment {
    Supplier<Object> begin(Lab lab) throws Exception;
  }

  /** A use of a method of the builder, in the world of the pool that is built. */
  @FunctionalInterface
  private interface Setting {
    PoolBuilder<FakeConn> on(PoolBuilder<FakeConn> builder, FakeTransport transport);
  }

  /** A method of the builder and what it changes. */
  private record Knob(
      String method,
      UnaryOperator<PoolBuilder<FakeConn>> base,
      Setting setting,
      Experiment experiment,
      Object without,
      Object with) {
    Knob(String method, Setting setting, Experiment experiment, Object without, Object with) {
      this(method, UnaryOperator.identity(), setting, experiment, without, with);
    }

    @Override
    public String toString() {
      return method + ": " + without + " becomes " + with;
    }
  }

  static final List<Knob> KNOBS =
      List.of(
          new Knob(
              "heartbeat",
              (b, t) -> b.heartbeat((connection, limit) -> {}),
              lab -> lab.used().heartbeatsOfTheFirst(),
              1,
              0),
          new Knob(
              "close",
              (b, t) -> b.close(connection -> t.close(connection, CloseReason.SURPLUS)),
              lab -> {
                lab.pool().acquire().invalidate();
                return lab.fateOfTheFirst();
              },
              Optional.of(CloseReason.INVALIDATED),
              Optional.of(CloseReason.SURPLUS)),
          new Knob(
              "probe",
              (b, t) -> b.probe(c -> c.uses() > 0 ? Health.STALE : Health.CLEAN),
              lab -> {
                lab.pool().run(FakeConn::use);
                int lent = lab.used().pool().acquire().get().id();
                return () -> lent;
              },
              1,
              2),
          new Knob(
              "classify",
              (b, t) -> b.classify((connection, failure) -> Verdict.KEEP),
              lab -> {
                lab.pool().<Object>callAsync(c -> CallContract.raise(new AssertionError()));
                return () -> lab.pool().stats().idle() + " idle, " + lab.pool().stats().closed();
              },
              "0 idle, 1",
              "1 idle, 0"),
          new Knob(
              "listener",
              (b, t) ->
                  b.listener(
                      new PoolListener() {
                        @Override
                        public void dialed(PoolEvent.Dialed event) {
                          t.connection(1).kill();
                        }
                      }),
              lab -> lab.used().after(seconds(2)).fateOfTheFirst(),
              Optional.empty(),
              Optional.of(CloseReason.STALE)),
          new Knob(
              "name",
              (b, t) -> b.name("orders"),
              lab -> {
                String message = lab.messageOfAClosedPool();
                return () -> message.contains("orders");
              },
              false,
              true),
          new Knob("maxActive", (b, t) -> b.maxActive(3), Lab::mostLeases, 8, 3),
          new Knob("minIdle", (b, t) -> b.minIdle(2), lab -> lab.after(seconds(2)).idle(), 0, 2),
          new Knob(
              "maxIdle",
              (b, t) -> b.maxIdle(2),
              lab -> lab.used(3).after(seconds(140)).idle(),
              0,
              2),
          new Knob(
              "hardMax",
              b -> b.maxActive(2).whenExhausted(WhenExhausted.OVERFLOW),
              (b, t) -> b.hardMax(3),
              Lab::mostLeases,
              4,
              3),
          new Knob(
              "whenExhausted",
              b -> b.maxActive(1),
              (b, t) -> b.whenExhausted(WhenExhausted.FAIL),
              KnobsTest::failureWhenAllAreOut,
              "AcquireTimeoutException after 5 s",
              "PoolExhaustedException after 0 s"),
          new Knob(
              "fair", b -> b.maxActive(1), (b, t) -> b.fair(true), Lab::overtaking, true, false),
          new Knob(
              "acquireTimeout",
              b -> b.maxActive(1),
              (b, t) -> b.acquireTimeout(seconds(2)),
              KnobsTest::failureWhenAllAreOut,
              "AcquireTimeoutException after 5 s",
              "AcquireTimeoutException after 2 s"),
          new Knob(
              "dialTimeout",
              b -> b.acquireTimeout(Duration.ofMinutes(1)),
              (b, t) -> b.dialTimeout(seconds(2)),
              lab -> {
                lab.transport().always(Function.DIAL, Step.HANG);
                return lab.failure();
              },
              "DialException after 5 s",
              "DialException after 2 s"),
          new Knob(
              "dialAttempts",
              b -> b.acquireTimeout(Duration.ofHours(1)),
              (b, t) -> b.dialAttempts(3),
              lab -> {
                lab.transport().always(Function.DIAL, Step.THROW);
                lab.failure();
                return () -> lab.transport().attempts();
              },
              1,
              3),
          new Knob(
              "maxConcurrentDials",
              (b, t) -> b.maxConcurrentDials(2),
              lab -> {
                lab.transport().always(Function.DIAL, Step.HANG);
                return lab.mostDials();
              },
              4,
              2),
          new Knob(
              "maxWaiters",
              b -> b.maxActive(1),
              (b, t) -> b.maxWaiters(2),
              lab -> {
                lab.pool().acquire();
                lab.mostLeases();
                return () -> lab.pool().stats().pending();
              },
              12,
              2),
          new Knob(
              "failFastAfter",
              b -> b.maxActive(1),
              (b, t) -> b.failFastAfter(1),
              lab -> {
                lab.transport().always(Function.DIAL, Step.THROW);
                lab.failure();
                CompletableFuture<?> next = lab.pool().acquireAsync();
                lab.after(seconds(1));
                return () -> next.handle((lease, failure) -> isToldDown(failure)).getNow(null);
              },
              false,
              true),
          new Knob(
              "settings",
              (b, t) -> b.settings(configOf(ConnPool.builder(t).maxActive(3))),
              Lab::mostLeases,
              8,
              3),
          new Knob(
              "heartbeatInterval",
              (b, t) -> b.heartbeatInterval(seconds(10)),
              lab -> lab.used().after(seconds(12)).heartbeatsOfTheFirst(),
              1,
              2),
          new Knob(
              "idleTimeout",
              (b, t) -> b.idleTimeout(seconds(10)),
              lab -> lab.used().after(seconds(12)).fateOfTheFirst(),
              Optional.empty(),
              Optional.of(CloseReason.IDLE)),
          new Knob(
              "maxLifetime",
              (b, t) -> b.maxLifetime(seconds(20)),
              lab -> lab.used().after(seconds(25)).fateOfTheFirst(),
              Optional.empty(),
              Optional.of(CloseReason.LIFETIME)),
          new Knob(
              "closeTimeout", (b, t) -> b.closeTimeout(seconds(3)), Lab::secondsToClose, 10L, 3L),
          new Knob(
              "leakThreshold",
              b -> b.maxActive(1),
              (b, t) -> b.leakThreshold(seconds(60)),
              Lab::stacksInANestedTimeout,
              0,
              1),
          new Knob(
              "attribute",
              (b, t) -> b.attribute("user", "me"),
              lab -> {
                FakeConn connection = lab.pool().acquire().get();
                return () -> lab.transport().context(connection).attributes();
              },
              Map.of(),
              Map.of("user", "me")),
          new Knob("compat", (b, t) -> b.compat("connpool"), Lab::mostLeases, 8, 1),
          new Knob(
              "compat",
              b -> b.maxIdle(2),
              (b, t) -> b.compat("connpool").maxActive(2),
              lab -> lab.after(seconds(2)).idle(),
              0,
              2),
          new Knob("compat", (b, t) -> b.compat("gtcp"), Lab::mostLeases, 8, 12),
          new Knob(
              "compat",
              (b, t) -> b.compat("gtcp"),
              lab -> lab.used().after(seconds(70)).heartbeatsOfTheFirst(),
              2,
              1),
          new Knob(
              "compat",
              (b, t) -> b.compat("gtcp"),
              lab -> lab.used().after(seconds(500)).idle(),
              0,
              1));

  private static Duration seconds(int seconds) {
    return Duration.ofSeconds(seconds);
  }

  private static boolean isToldDown(Throwable failure) {
    return failure.getMessage().contains("failFastAfter");
  }

  private static PoolConfig configOf(PoolBuilder<FakeConn> other) {
    try (ConnPool<FakeConn> pool = other.build()) {
      return pool.effectiveConfig();
    }
  }

  private static Supplier<Object> failureWhenAllAreOut(Lab lab) throws Exception {
    lab.pool().acquire();
    return lab.failure();
  }

  @ParameterizedTest
  @FieldSource("KNOBS")
  void theSettingMakesThisDifference(Knob knob) throws Exception {
    assertNotEquals(knob.without(), knob.with());

    outcome(knob, new Lab(plain, knob.base()), knob.without());
    outcome(
        knob,
        new Lab(tuned, b -> knob.setting().on(knob.base().apply(b), tuned.transport())),
        knob.with());
  }

  private static void outcome(Knob knob, Lab lab, Object expected) throws Exception {
    Supplier<Object> outcome = knob.experiment().begin(lab);
    PoolWorld.eventually(
        () -> "outcome " + expected + ", but " + outcome.get(),
        () -> outcome.get().equals(expected));
    PoolContract.still("outcome " + expected, () -> outcome.get().equals(expected));
  }

  @Test
  void everySettingOfTheBuilderHasAnExperiment() {
    Set<String> settings = new TreeSet<>(PoolBuilderTest.publicMethods());
    settings.remove("build"); // ends the description, sets nothing

    assertEquals(
        settings, KNOBS.stream().map(Knob::method).collect(Collectors.toCollection(TreeSet::new)));
  }
}
