package io.connpool.bench;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.mux.peer.Peers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code bench mux} as its users meet it. Figures of such short runs mean nothing. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MuxBenchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static List<String> peers() {
    return Peers.labels();
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerIsMeasured(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "2");
    assertAll(
        () -> assertEquals("mux", result.text("bench")),
        () -> assertEquals(peer, result.text("peer")),
        () -> assertEquals("2", result.text("threads")),
        () -> assertEquals("platform", result.text("kind")),
        () -> assertEquals("1", result.text("processes")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "p50_us") <= number(result, "p99_us")),
        () -> assertTrue(number(result, "p99_us") <= number(result, "p999_us")),
        () -> assertTrue(number(result, "p999_us") <= number(result, "p9999_us")),
        () -> assertTrue(result.text("jdk").contains(Runtime.version().toString())));
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerCarriesRequestsForWhichNobodyWaits(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "20", "--async", "--body", "1000");
    assertAll(
        () -> assertEquals("async", result.text("kind")),
        () -> assertEquals("1000", result.text("body")),
        () -> assertEquals("0", result.text("failed")),
        () -> assertEquals("0", result.text("stuck")));
  }

  @Test
  void theServerMayHaveAProcessOfItsOwn() {
    JsonLine result = measured("--threads", "4", "--two-processes");
    assertAll(
        () -> assertEquals("2", result.text("processes")),
        () -> assertEquals("0", result.text("failed")),
        () -> assertEquals("0", result.text("stuck")));
  }

  @Test
  void requestsMayLeaveAtARate() {
    JsonLine result = measured("--threads", "100", "--async", "--rate", "1000");
    // what was due in a pause before the window is caught up in it: so there is no sharp limit
    assertAll(
        () -> assertEquals("1000", result.text("rate")),
        () -> assertTrue(number(result, "ops_per_s") < 1000 * 10),
        () -> assertEquals("0", result.text("stuck")));
  }

  @ParameterizedTest
  @CsvSource({
    "--peer, netty, 'no peer ''netty''; there are [connpool, connpool-inline,'",
    "--threads, 0, '--threads must be 1 or more, but is 0'",
    "--body, 7, '--body must be 0 or 8 or more, but is 7'",
    "--rate, 10, '--rate needs --async'"
  })
  void aBadArgumentIsNamedAndQuoted(String option, String value, String message) {
    int exitCode = run("mux", option, value);
    assertAll(
        err.toString(),
        () -> assertEquals(2, exitCode),
        () -> assertTrue(err.toString().contains(message)));
  }

  @Test
  void theComparisonMeasuresEachPeerAndPrintsRatiosAndFloors() {
    int exitCode =
        run(
            "compare",
            "mux",
            "--json",
            "--quick",
            "--rows",
            "^time/(1|a3000)$",
            "--peers",
            "connpool-inline,rsocket",
            "--warm-up",
            "0.05",
            "--seconds",
            "0.3");
    String printed = out.toString();
    List<JsonLine> results =
        printed.lines().filter(line -> line.startsWith("{")).map(JsonLine::parse).toList();
    assertAll(
        printed + err,
        () -> assertEquals(0, exitCode),
        () ->
            assertEquals(
                List.of("time/1", "time/1", "time/a3000", "time/a3000"),
                results.stream().map(result -> result.text("row")).toList()),
        () -> assertTrue(printed.matches("(?s).*\ntime/1 +p50 us.*")),
        () -> assertTrue(printed.contains("connpool-inline vs rsocket, floor 5.00x")));
  }

  private JsonLine measured(String... options) {
    String[] fixed = {"mux", "--json", "--warm-up", "0.05", "--seconds", "0.3"};
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
