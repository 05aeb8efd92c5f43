package io.connpool.bench;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.acquire.peer.Peers;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.VirtualThreads;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The benchmark as its users meet it. Figures of such short runs mean nothing. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BenchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static List<String> peers() {
    return Peers.present().stream().map(Peers::label).toList();
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerIsMeasured(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "2", "--size", "1");
    assertAll(
        () -> assertEquals("acquire", result.text("bench")),
        () -> assertEquals(peer, result.text("peer")),
        () -> assertEquals("2", result.text("threads")),
        () -> assertEquals("platform", result.text("kind")),
        () -> assertEquals("1", result.text("size")),
        () -> assertEquals("0", result.text("hold_us")),
        () -> assertEquals("false", result.text("handover")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0),
        () -> assertTrue(number(result, "p50_us") <= number(result, "p99_us")),
        () -> assertTrue(number(result, "p99_us") <= number(result, "p9999_us")),
        () -> assertTrue(result.text("jdk").contains(Runtime.version().toString())));
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerMayBeReleasedByAnotherThread(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "4", "--size", "3", "--handover");
    assertAll(
        () -> assertEquals("true", result.text("handover")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0));
  }

  @ParameterizedTest
  @MethodSource("peers")
  @EnabledForJreRange(min = JRE.JAVA_21)
  void everyPeerServesVirtualThreads(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "200", "--virtual", "--yield");
    assertAll(
        () -> assertEquals("virtual", result.text("kind")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0));
  }

  @Test
  void objectsThatAreHeldYieldNoMoreThanTheIdeal() {
    JsonLine result = measured("--threads", "4", "--size", "2", "--hold-us", "1000");
    assertAll(
        () -> assertTrue(number(result, "mean_hold_us") >= 1000),
        () -> assertTrue(number(result, "ops_per_s") <= 2_000 * 1.2),
        () -> assertTrue(number(result, "ideal_ratio") > 0.2),
        () -> assertTrue(number(result, "ideal_ratio") < 1.2));
  }

  @ParameterizedTest
  @CsvSource({
    "--peer, bonecp, 'no peer ''bonecp''; there are [connpool, connpool-observed,'",
    "--threads, 0, '--threads must be 1 or more, but is 0'",
    "--threads, many, many",
    "--size, 0, '--size must be 1 or more, but is 0'",
    "--hold-us, -1, '--hold-us must be 0 or more, but is -1'"
  })
  void aBadArgumentIsNamedAndQuoted(String option, String value, String message) {
    int exitCode = run("acquire", option, value);
    assertAll(
        err.toString(),
        () -> assertEquals(2, exitCode),
        () -> assertTrue(err.toString().contains(message)));
  }

  @Test
  @EnabledForJreRange(max = JRE.JAVA_20)
  void whatThisJavaCannotDoIsAnError() {
    int virtual = run("acquire", "--virtual");
    int stormpot = run("acquire", "--peer", "stormpot-best");
    assertAll(
        err.toString(),
        () -> assertEquals(2, virtual),
        () -> assertEquals(2, stormpot),
        () -> assertTrue(err.toString().contains("--virtual needs Java 21 or later, and this is")),
        () ->
            assertTrue(err.toString().contains("no peer 'stormpot-best' here: Stormpot 4 needs")));
  }

  @Test
  void theComparisonMeasuresEachPeerAndPrintsRatiosAndFloors() {
    String[] command = {
      "compare", "acquire", "--json", "--quick", "--rows", "free/2|waits-paced",
      "--peers", "connpool,array-blocking-queue", "--warm-up", "0.02", "--seconds", "0.05"
    };
    int exitCode = run(command);
    String printed = out.toString();
    List<JsonLine> results =
        printed.lines().filter(line -> line.startsWith("{")).map(JsonLine::parse).toList();
    assertAll(
        printed + err,
        () -> assertEquals(0, exitCode),
        () ->
            assertEquals(
                List.of("free/2", "free/2", "waits-paced", "waits-paced"),
                results.stream().map(result -> result.text("row")).toList()),
        () -> assertTrue(printed.contains("Command    " + String.join(" ", command))),
        () -> assertTrue(printed.contains("heartbeatInterval=PT1M"), "the effective config"),
        () -> assertTrue(printed.matches("(?s).*\nfree/2 .*/s .*/s \\(\\d+\\.\\d\\dx\\).*")),
        () -> assertTrue(printed.matches("(?s).*\np99\\.99 .*\nshelves at .*")),
        () -> assertTrue(printed.matches("(?s).*(holds|MISSED) +waits-paced .*the best peer.*")),
        () -> assertTrue(err.toString().contains("[4/4, ")));
  }

  @Test
  void turnsAreRefusedWhereNobodyTakesThem() {
    assertEquals(2, run("compare", "acquire", "--turns", "3"));
    assertTrue(
        err.toString().contains("--turns 3: in 'compare acquire' each JVM measures once"),
        err::toString);
  }

  @Test
  void rowsThatNeedVirtualThreadsAreRunOrReportedAsNotRun() {
    int exitCode =
        run(
            "compare",
            "acquire",
            "--rows",
            "virtual-yield|free/1",
            "--peers",
            "connpool",
            "--forks",
            "1",
            "--warm-up",
            "0",
            "--seconds",
            "0.01");
    assertEquals(0, exitCode, out.toString() + err);
    assertEquals(
        !VirtualThreads.exist(),
        out.toString().contains("Not run    virtual-yield: this Java has no virtual threads"));
  }

  @Test
  void withoutACommandTheCommandsAreListed() {
    assertEquals(0, run());
    assertTrue(out.toString().matches("(?s).*\n +acquire .*\n +compare .*\n +jmh .*"));
  }

  private JsonLine measured(String... options) {
    // Long enough for every thread to get its turn on a machine that is busy with other things.
    String[] fixed = {"acquire", "--json", "--warm-up", "0.02", "--seconds", "0.15"};
    String[] all = new String[fixed.length + options.length];
    System.arraycopy(fixed, 0, all, 0, fixed.length);
    System.arraycopy(options, 0, all, fixed.length, options.length);
    assertEquals(0, run(all), err.toString());
    return JsonLine.parse(out.toString().strip());
  }

  private int run(String... arguments) {
    return Bench.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static double number(JsonLine result, String field) {
    return result.number(field).orElseThrow();
  }
}
