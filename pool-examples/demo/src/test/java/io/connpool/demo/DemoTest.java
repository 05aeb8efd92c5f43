package io.connpool.demo;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo as its users meet it: a process with arguments, an output and an exit code. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DemoTest {
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void leaveNothingBehind() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void noAnswerIsWrongAlthoughBothServersAreKilled() throws Exception {
    Process demo = demo("--seconds", "4", "--threads", "4");
    String output = restOf(demo);
    assertAll(
        output,
        () -> assertEquals(0, demo.waitFor()),
        () -> assertTrue(output.contains("wrong answers: 0")),
        () -> assertTrue(output.contains("killing server A (pid ")),
        () -> assertTrue(output.contains("killing server B (pid ")),
        () -> assertTrue(output.contains("recovery of pool A: first success ")),
        () -> assertTrue(output.contains("recovery of pool B: ")));
  }

  @Test
  void thousandsOfCallsOverOneSocketSurviveTheirServer() throws Exception {
    Process demo = demo("mux", "--seconds", "3", "--calls", "1000");
    String output = restOf(demo);
    assertAll(
        output,
        () -> assertEquals(0, demo.waitFor()),
        () -> assertTrue(output.contains("killing server M (pid ")),
        () -> assertTrue(output.contains(" is back")),
        () -> assertTrue(output.contains("wrong answers: 0")));
  }

  @Test
  void aWrongAnswerIsFound() throws Exception {
    Process demo = demo("--seconds", "4", "--threads", "4", "--quiet", "--lie-every", "1000");
    String output = restOf(demo);
    assertAll(
        output,
        () -> assertEquals(1, demo.waitFor()),
        () -> assertTrue(output.matches("(?s).*wrong answers: [1-9].*")),
        () -> assertTrue(output.contains("wrong answer  ")));
  }

  @Test
  @Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void theDramaTellsOfEachTroubleWhatThePoolDidAboutIt() throws Exception {
    Process demo = demo("--drama", "--seconds", "4", "--threads", "8");
    String output = restOf(demo);
    assertAll(
        output,
        () -> assertEquals(0, demo.waitFor()),
        () -> assertTrue(output.contains("wrong answers: 0, every act ended well: true")),
        () -> assertTell(output, "OUTAGE", "-> \\d+ dials failed .* first answer"),
        () -> assertTell(output, "HANG", "-> \\d+ calls gave up .* first answer"),
        () -> assertTell(output, "SLOW DIAL", "-> a caller had a released connection after"),
        () -> assertTell(output, "STRAY BYTES", "last words: \"server B is going down\""),
        () -> assertTell(output, "IDLE CLOSES", "-> \\d+ dead connections were noticed"),
        () -> assertTell(output, "RESIZE", "without cutting a call, up to 8 .* failed: 0"),
        () -> assertTell(output, "LEAK", "taken by demo-careless at .*Drama.forget.* 0 leased"));
  }

  private static void assertTell(String output, String trouble, String answer) {
    assertTrue(
        output.matches("(?s).*  " + trouble + ": [^\n]*\n.*" + answer + ".*"),
        () -> trouble + ": " + answer);
  }

  @Test
  void theAncestorsServiceIsCalledThroughBothModes() throws Exception {
    Process demo = demo("thrift", "--seconds", "1", "--threads", "4");
    String output = restOf(demo);
    assertAll(
        output,
        () -> assertEquals(0, demo.waitFor()),
        () -> assertTrue(output.matches("(?s).*exclusive +[1-9].*mux +[1-9].*")),
        () -> assertTrue(output.contains("over 1 connections; failures: 0")),
        () -> assertTrue(output.contains("\"fast B\" got \"fast B\"; connections closed: 0")),
        () -> assertTrue(output.contains("\"fast B\" got \"fast B\"; connections closed: 1")),
        () -> assertTrue(output.endsWith("wrong answers: 0")));
  }

  @ParameterizedTest
  @CsvSource({"--seconds, 3", "--seconds, soon", "--threads, 0"})
  void aBadArgumentIsNamedAndQuoted(String option, String value) throws Exception {
    Process demo = demo(option, value);
    String message = demo.inputReader().readLine();
    assertAll(
        message,
        () -> assertEquals(2, demo.waitFor()),
        () -> assertTrue(message.contains("'" + option + "'")),
        () -> assertTrue(message.contains(value)));
  }

  @Test
  void aServerThatDoesNotStartIsAnErrorOfTheDemo() throws Exception {
    Process demo = demo("--lie-every", "-1");
    String output = restOf(demo);
    assertAll(
        output,
        () -> assertEquals(3, demo.waitFor()),
        () -> assertTrue(output.contains("demo: server A (pid ")),
        () -> assertTrue(output.contains(" did not start: it ended with exit code 1")));
  }

  @Test
  void aKilledDemoLeavesNoServerBehind() throws Exception {
    Process demo = demo();
    List<ProcessHandle> servers = serversOf(demo);
    demo.destroyForcibly();
    assertAllEnd(servers);
  }

  @Test
  void aTerminatedDemoSumsUpAndLeavesNoServerBehind() throws Exception {
    Process demo = demo();
    List<ProcessHandle> servers = serversOf(demo);
    demo.toHandle().destroy(); // unlike that of the process, leaves the output open
    String output = restOf(demo);
    assertTrue(output.contains("wrong answers: 0"), output);
    assertAllEnd(servers);
  }

  private Process demo(String... args) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classPath = System.getProperty("java.class.path");
    List<String> command =
        Stream.concat(
                Stream.of(java.toString(), "-cp", classPath, Demo.class.getName()), Stream.of(args))
            .toList();
    Process demo = new ProcessBuilder(command).redirectErrorStream(true).start();
    started.add(demo);
    return demo;
  }

  private static String restOf(Process demo) {
    return demo.inputReader().lines().collect(Collectors.joining("\n"));
  }

  /** The servers of a demo under load. */
  private static List<ProcessHandle> serversOf(Process demo) throws IOException {
    BufferedReader output = demo.inputReader();
    String line = output.readLine();
    while (line != null && !line.contains("/s, ")) {
      line = output.readLine();
    }
    List<ProcessHandle> servers = demo.children().toList();
    assertEquals(2, servers.size(), "servers while the demo says: " + line);
    return servers;
  }

  private static void assertAllEnd(List<ProcessHandle> servers)
      throws InterruptedException, ExecutionException, TimeoutException {
    for (ProcessHandle server : servers) {
      server.onExit().get(5, TimeUnit.SECONDS);
    }
  }
}
