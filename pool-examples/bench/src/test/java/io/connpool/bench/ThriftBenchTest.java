package io.connpool.bench;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.thrift.peer.Peers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The benchmark of Thrift as its users meet it. Figures of such short runs mean nothing. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThriftBenchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static List<String> peers() {
    return Peers.labels();
  }

  @ParameterizedTest
  @MethodSource("peers")
  void everyPeerIsMeasured(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "3", "--payload", "4096");
    assertAll(
        () -> assertEquals("thrift", result.text("bench")),
        () -> assertEquals(peer, result.text("peer")),
        () -> assertEquals("3", result.text("threads")),
        () -> assertEquals("platform", result.text("kind")),
        () -> assertEquals("4096", result.text("payload")),
        () -> assertEquals("0", result.text("failed")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0),
        () -> assertTrue(number(result, "p50_us") <= number(result, "p99_us")),
        () -> assertTrue(number(result, "p99_us") <= number(result, "p9999_us")),
        () -> assertTrue(result.text("jdk").contains(Runtime.version().toString())));
  }

  @ParameterizedTest
  @MethodSource("peers")
  @EnabledForJreRange(min = JRE.JAVA_21)
  void everyPeerServesVirtualThreads(String peer) {
    JsonLine result = measured("--peer", peer, "--threads", "50", "--virtual");
    assertAll(
        () -> assertEquals("virtual", result.text("kind")),
        () -> assertEquals("0", result.text("failed")),
        () -> assertEquals("0", result.text("stuck")),
        () -> assertTrue(number(result, "ops_per_s") > 0));
  }

  @ParameterizedTest
  @CsvSource({
    "--peer, phantom, 'no peer ''phantom''; there are [connpool-proxy, connpool-call,'",
    "--threads, 0, '--threads must be 1 or more, but is 0'",
    "--payload, 15, '--payload must be 16 or more, but is 15'"
  })
  void aBadArgumentIsNamedAndQuoted(String option, String value, String message) {
    int exitCode = run("thrift", option, value);
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
            "thrift",
            "--json",
            "--quick",
            "--turns",
            "1",
            "--rows",
            "small/8",
            "--peers",
            "connpool-proxy,connpool-call,dedicated",
            "--warm-up",
            "0.05",
            "--seconds",
            "0.1");
    String printed = out.toString();
    List<String> measured =
        printed
            .lines()
            .filter(line -> line.startsWith("{"))
            .map(line -> JsonLine.parse(line).text("peer"))
            .toList();
    assertAll(
        printed + err,
        () -> assertEquals(0, exitCode),
        () -> assertEquals(List.of("connpool-proxy", "connpool-call", "dedicated"), measured),
        () -> assertTrue(printed.contains("how many times better connpool-proxy is")),
        () ->
            assertTrue(
                printed.matches(
                    "(?s).*(holds|MISSED) +small/8 .*connpool-call vs dedicated, floor 0.95x.*")));
  }

  private JsonLine measured(String... options) {
    List<String> all =
        new ArrayList<>(List.of("thrift", "--json", "--warm-up", "0.05", "--seconds", "0.3"));
    all.addAll(List.of(options));
    assertEquals(0, run(all.toArray(String[]::new)), err.toString());
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
