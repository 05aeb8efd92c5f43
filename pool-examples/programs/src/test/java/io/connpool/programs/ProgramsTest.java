package io.connpool.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every program is run, and prints what it promises. */
@Timeout(120)
class ProgramsTest {
  private static final Path SOURCES = Path.of("src/main/java/io/connpool/programs");
  private static final Path README = Path.of("README.md");
  private static final int SCREEN = 60;

  private interface Main {
    void run(String[] arguments) throws Exception;
  }

  /** What it prints while it runs. */
  private static List<String> output(Main program) throws Exception {
    PrintStream usual = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      program.run(new String[0]);
    } finally {
      System.setOut(usual);
    }
    return printed.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void aPlainSocketIsPooled() throws Exception {
    assertEquals(
        List.of(
            "first answer: one",
            "a call failed: something went wrong",
            "its connection was closed: {INVALIDATED=1}",
            "second answer: two",
            "connections dialed: 2"),
        output(PoolASocket::main));
  }

  @Test
  void aThriftClientIsPooled() throws Exception {
    assertEquals(
        List.of("pong orders", "hello", "connections dialed: 1"), output(PoolAThriftClient::main));
  }

  @Test
  void thriftGoesOverTheMux() throws Exception {
    assertEquals(
        List.of("right answers: 1000", "connections dialed: 1"), output(ThriftOverMux::main));
  }

  @Test
  void aMuxClientAndItsServerAskEachOther() throws Exception {
    assertEquals(
        List.of(
            "client is asked: how many apples?",
            "server learned: 4",
            "answer: 4 apples are 12 dollars"),
        output(AskEachOther::main));
  }

  @Test
  void aConnectionComesBack() throws Exception {
    assertEquals(
        List.of(
            "says hello",
            "answer: one",
            "the connection was lost",
            "says hello",
            "answer: three",
            "connections so far: 2"),
        output(StayConnected::main));
  }

  @Test
  void thereIsMoreThanMaxActiveAndItDoesNotStay() throws Exception {
    assertEquals(
        List.of(
            "first answer: one",
            "beyond maxActive: two",
            "beyond hardMax: refused",
            "closed: {SURPLUS=1}, left: 1"),
        output(Overflow::main));
  }

  @Test
  void virtualThreadsShareAFewConnectionsOrAreSaidToBeMissing() throws Exception {
    List<String> printed = output(VirtualThreads::main);
    if (Runtime.version().feature() < 21) {
      assertTrue(
          printed.get(0).startsWith("skipped: virtual threads need Java 21"), printed.get(0));
    } else {
      assertEquals(List.of("right answers: 10000", "connections: 10"), printed);
    }
  }

  @Test
  void metersSayWhatThePoolDoes() throws Exception {
    assertEquals(
        List.of(
            "connpool.connections.active{pool=orders} 1",
            "connpool.connections.idle{pool=orders} 0",
            "connpool.connections.pending{pool=orders} 0",
            "connpool.connections.max{pool=orders} 4",
            "leases so far: 2",
            "meters after the close: 0"),
        output(Metrics::main));
  }

  @Test
  void codeForCommonsPoolIsMovedOverByOneLine() throws Exception {
    List<String> printed = output(FromCommonsPool2::main);

    assertEquals(List.of("answer: hello", "idle: 1"), printed.subList(0, 2));
    assertTrue(printed.get(2).contains("maxTotal = 4"), printed.get(2));
  }

  @Test
  void aLeakIsFoundWhereItWasMade() throws Exception {
    List<String> printed = output(HuntALeak::main);

    assertTrue(printed.get(0).startsWith("out for too long, taken by thread "), printed.get(0));
    assertEquals(List.of("  forgetful", "  main"), printed.subList(1, 3));
  }

  @Test
  void everyProgramFitsAScreen() throws IOException {
    Set<String> tooLong = new TreeSet<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.toList()) {
        List<String> lines = Files.readAllLines(file);
        long body =
            lines.stream()
                .dropWhile(line -> !line.contains("void main("))
                .takeWhile(line -> !line.equals("  }"))
                .count();
        if (body > SCREEN) {
          tooLong.add(file.getFileName().toString());
        }
      }
    }
    assertEquals(Set.of(), tooLong);
  }

  @Test
  void theReadmeListsEveryProgramAndNoOther() throws IOException {
    Pattern row = Pattern.compile("\\| \\[(\\w+)]\\(" + SOURCES + "/(\\w+)\\.java\\) \\|");
    Map<String, String> listed =
        row.matcher(Files.readString(README))
            .results()
            .collect(Collectors.toMap(link -> link.group(1), link -> link.group(2)));
    Map<String, String> programs =
        programs().stream().collect(Collectors.toMap(name -> name, name -> name));
    assertEquals(programs, listed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "pom.xml"})
  void theCommandRunsAProgramThatThereIs(String file) throws IOException {
    Matcher command =
        Pattern.compile("mvn .* -Dprogram=(\\w+)").matcher(Files.readString(Path.of(file)));
    assertTrue(command.find());
    assertTrue(programs().contains(command.group(1)), command.group());
  }

  private static Set<String> programs() throws IOException {
    Set<String> programs = new TreeSet<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.toList()) {
        if (Files.readString(file).contains("void main(")) {
          programs.add(file.getFileName().toString().replace(".java", ""));
        }
      }
    }
    return programs;
  }
}
