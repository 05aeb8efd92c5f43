package io.connpool.bench;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.tcp.peer.Peers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The benchmark of exchanges as its users meet it. Figures of such short runs mean nothing. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpBenchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static List<String> peers() {
    return Peers.labels();
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerIsMeasured(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "3", "--payload", "5000");
    assertAll(
        () -> assertEquals("tcp", result.text("bench")),
        () -> assertEquals(peer, result.text("peer")),
        () -> assertEquals("3", result.text("threads")),
        () -> assertEquals("platform", result.text("kind")),
        () -> assertEquals("5000", result.text("payload")),
        () -> assertEquals("0", result.text("failed")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0),
        () -> assertTrue(number(result, "p50_us") <= number(result, "p99_us")),
        () -> assertTrue(number(result, "p99_us") <= number(result, "p9999_us")),
        () -> assertTrue(result.text("jdk").contains(Runtime.version().toString())));
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerGoesOnWhenItsConnectionsAreClosed(String peer) {
    JsonLine result =
        measured("--peer", peer, "--threads", "4", "--close-idle-ms", "5", "--burst", "2");
    assertAll(
        () -> assertEquals("5", result.text("close_idle_ms")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0));
  }

  /** Of this row the figure that counts is this one. */
  @Test
  void noExchangeOfOursFailsWhenConnectionsAreClosed() {
    assertEquals(
        "0",
        measured("--threads", "4", "--close-idle-ms", "5", "--burst", "2", "--seconds", "0.5")
            .text("failed"));
  }

  @ParameterizedTest
  @CsvSource({
    "--peer, okhttp, 'no peer ''okhttp''; there are [connpool, dedicated,'",
    "--threads, 0, '--threads must be 1 or more, but is 0'",
    "--payload, 7, '--payload must be 8 to 1048576, but is 7'",
    "--close-idle-ms, -1, '--close-idle-ms must be 0 or more, but is -1'",
    "--burst, -1, '--burst must be 0 or more, but is -1'",
    "--burst, 1, '--burst needs --close-idle-ms'"
  })
  void aBadArgumentIsNamedAndQuoted(String option, String value, String message) {
    int exitCode = run("tcp", option, value);
    assertAll(
        err.toString(),
        () -> assertEquals(2, exitCode),
        () -> assertTrue(err.toString().contains(message)));
  }

  @Test
  void theComparisonMeasuresEachPeerAndPrintsRatiosFailuresAndFloors() {
    int exitCode =
        run(
            "compare tcp --json --quick --rows 64b/1 --peers connpool,dedicated --forks 1 --turns 2"
                .split(" "),
            "--warm-up",
            "0.02",
            "--seconds",
            "0.05");
    String printed = out.toString();
    List<String> rows =
        printed
            .lines()
            .filter(line -> line.startsWith("{"))
            .map(JsonLine::parse)
            .map(line -> line.text("row") + " " + line.text("peer") + " " + line.text("turn"))
            .toList();
    assertAll(
        printed + err,
        () -> assertEquals(0, exitCode),
        () ->
            assertEquals(
                List.of(
                    "64b/1 connpool 1",
                    "64b/1 dedicated 1",
                    "64b/1 connpool 2",
                    "64b/1 dedicated 2",
                    "closing-64b/1 connpool 1",
                    "closing-64b/1 dedicated 1",
                    "closing-64b/1 connpool 2",
                    "closing-64b/1 dedicated 2"),
                rows),
        () -> assertTrue(printed.matches("(?s).*\n64b/1 .*/s .*/s \\(\\d+\\.\\d\\dx\\).*")),
        () ->
            assertTrue(
                printed.matches(
                    "(?s).*failed exchanges, closing-64b/1: connpool \\d+, dedicated \\d+\n.*")),
        () ->
            assertTrue(printed.matches("(?s).*(holds|MISSED) +64b/1 .*dedicated, floor 0.95x.*")));
  }

  @Test
  void aPeerThatIsNotThereIsNamed() {
    assertEquals(2, run("compare", "tcp", "--peers", "connpool,okhttp"));
    assertTrue(err.toString().contains("no peer 'okhttp'; there are [connpool,"), err::toString);
  }

  private JsonLine measured(String... options) {
    // Long enough for every thread to get its turn on a machine that is busy with other things.
    String[] fixed = {"tcp", "--json", "--warm-up", "0.02", "--seconds", "0.3"};
    assertEquals(0, run(fixed, options), err.toString());
    return JsonLine.parse(out.toString().strip());
  }

  private int run(String[] some, String... more) {
    return run(Stream.of(some, more).flatMap(Stream::of).toArray(String[]::new));
  }

  private int run(String... arguments) {
    return Bench.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setOverwrittenOptionsAllowed(true)
        .execute(arguments);
  }

  private static double number(JsonLine result, String field) {
    return result.number(field).orElseThrow();
  }
}
