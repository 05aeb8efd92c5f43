package io.connpool.demo;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the demo prints, how it ends, and what it leaves behind: nothing. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DemoTest {

  @Test
  void noAnswerIsWrongWhateverHappensToTheServersAndTheOutputTellsIt() throws Exception {
    try (DemoProcess demo = new DemoProcess("--seconds", "6", "--threads", "2")) {
      String output = demo.rest();
      assertAll(
          output,
          () -> assertEquals(0, demo.exitCode()),
          () -> assertTrue(output.contains("ConnPool keeps connections good")),
          () -> assertTrue(output.contains("wrong answers: 0")),
          () ->
              assertTell(
                  output, "server tcp \\(pid \\d+\\) was killed", "pool tcp meanwhile closed "),
          () -> assertTell(output, "server tcp \\(pid \\d+\\) is back", "pool tcp answers again, "),
          () -> assertTell(output, "server thrift \\(pid \\d+\\) is frozen", "server thrift "),
          () -> assertTell(output, "server mux \\(pid \\d+\\) was killed", "wrong answers"),
          () -> assertTrue(output.contains("recovery of pool tcp: first success ")));
    }
  }

  @Test
  void theLoadIsPacedAndSaysSo() throws Exception {
    try (DemoProcess demo = new DemoProcess("--seconds", "4", "--threads", "8")) {
      String output = demo.rest();
      Matcher pause = Pattern.compile("pause of (\\d+) ms after every answer").matcher(output);
      assertTrue(pause.find(), output);
      Matcher rate = Pattern.compile("([\\d,]+) per second of a paced load").matcher(output);
      assertTrue(rate.find(), output);
      int most = 3 * 8 * 1_000 / Integer.parseInt(pause.group(1));
      int seen = Integer.parseInt(rate.group(1).replace(",", ""));
      assertTrue(seen > 0 && seen <= most, output);
    }
  }

  private static void assertTell(String output, String happened, String then) {
    assertTrue(
        output.matches("(?s).*" + happened + ".*" + then + ".*"), () -> happened + ": " + then);
  }

  @Test
  void thousandsOfCallsOverOneSocketSurviveTheirServer() throws Exception {
    try (DemoProcess demo = new DemoProcess("mux", "--seconds", "3", "--calls", "1000")) {
      String output = demo.rest();
      assertAll(
          output,
          () -> assertEquals(0, demo.exitCode()),
          () -> assertTrue(output.contains("killing server M (pid ")),
          () -> assertTrue(output.contains(" is back")),
          () -> assertTrue(output.contains("wrong answers: 0")));
    }
  }

  @Test
  void aWrongAnswerIsFound() throws Exception {
    try (DemoProcess demo =
        new DemoProcess("--seconds", "4", "--threads", "4", "--quiet", "--lie-every", "100")) {
      String output = demo.rest();
      assertAll(
          output,
          () -> assertEquals(1, demo.exitCode()),
          () -> assertTrue(output.matches("(?s).*wrong answers: [1-9].*")),
          () -> assertTrue(output.contains("wrong answer  ")));
    }
  }

  @Test
  @Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void theDramaTellsOfEachTroubleWhatThePoolDidAboutIt() throws Exception {
    try (DemoProcess demo = new DemoProcess("--drama", "--seconds", "4", "--threads", "8")) {
      String output = demo.rest();
      assertAll(
          output,
          () -> assertEquals(0, demo.exitCode()),
          () -> assertTrue(output.contains("wrong answers: 0, every act ended well: true")),
          () -> assertTell(output, "  OUTAGE: ", "-> \\d+ dials failed .* first answer"),
          () -> assertTell(output, "  HANG: ", "-> \\d+ calls gave up .* first answer"),
          () -> assertTell(output, "  SLOW DIAL: ", "-> a caller had a released connection after"),
          () -> assertTell(output, "  STRAY BYTES: ", "last words: \"server B is going down\""),
          () -> assertTell(output, "  IDLE CLOSES: ", "-> \\d+ dead connections were noticed"),
          () -> assertTell(output, "  RESIZE: ", "without cutting a call, up to 8 .* failed: 0"),
          () ->
              assertTell(
                  output, "  LEAK: ", "taken by demo-careless at .*Drama.forget.* 0 leased"));
    }
  }

  @Test
  void theAncestorsServiceIsCalledThroughBothModes() throws Exception {
    try (DemoProcess demo = new DemoProcess("thrift", "--seconds", "1", "--threads", "4")) {
      String output = demo.rest();
      assertAll(
          output,
          () -> assertEquals(0, demo.exitCode()),
          () -> assertTrue(output.matches("(?s).*exclusive +[1-9].*mux +[1-9].*")),
          () -> assertTrue(output.contains("over 1 connections; failures: 0")),
          () -> assertTrue(output.contains("\"fast B\" got \"fast B\"; connections closed: 0")),
          () -> assertTrue(output.contains("\"fast B\" got \"fast B\"; connections closed: 1")),
          () -> assertTrue(output.endsWith("wrong answers: 0")));
    }
  }

  @ParameterizedTest
  @CsvSource({"--seconds, 3", "--seconds, soon", "--threads, 0", "--port, 65536"})
  void aBadArgumentIsNamedAndQuoted(String option, String value) throws Exception {
    try (DemoProcess demo = new DemoProcess(option, value)) {
      String message = demo.lineWith("'" + option + "'");
      assertTrue(message.contains(value), message);
      assertEquals(2, demo.exitCode());
    }
  }

  @Test
  void aServerThatDoesNotStartIsAnErrorOfTheDemo() throws Exception {
    try (DemoProcess demo = new DemoProcess("--lie-every", "-1")) {
      String output = demo.rest();
      assertAll(
          output,
          () -> assertEquals(3, demo.exitCode()),
          () -> assertTrue(output.contains("demo: server tcp (pid ")),
          () -> assertTrue(output.contains(" did not start: it ended with exit code 1")));
    }
  }

  @Test
  void aKilledDemoLeavesNoServerBehind() throws Exception {
    try (DemoProcess demo = new DemoProcess("--threads", "2")) {
      underLoad(demo);
      demo.kill();
      demo.assertNoServerIsLeft();
    }
  }

  @Test
  void aCtrlCSumsUpAndLeavesNoServerBehind() throws Exception {
    try (DemoProcess demo = new DemoProcess("--threads", "2")) {
      underLoad(demo);
      demo.interrupt();
      assertTrue(demo.rest().contains("wrong answers: 0"));
      demo.assertNoServerIsLeft();
    }
  }

  @Test
  void aCtrlCEndsTheServerOfThePageTooEvenIfAServerIsFrozen() throws Exception {
    try (DemoProcess demo = new DemoProcess("--web", "--threads", "2")) {
      demo.lineWith("server mux (pid ");
      assertEquals(3, demo.servers().size());
      String frozen = Long.toString(demo.servers().get(1).pid());
      assertEquals(0, new ProcessBuilder("kill", "-STOP", frozen).inheritIO().start().waitFor());
      demo.interrupt();
      assertTrue(demo.rest().contains("wrong answers: 0"));
      demo.assertNoServerIsLeft();
    }
  }

  private static void underLoad(DemoProcess demo) throws Exception {
    demo.lineWith("/s, ");
    assertEquals(3, demo.servers().size());
  }
}
