package io.connpool.demo;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The demo as its users meet it: a process with arguments, an output and an exit code. */
final class DemoProcess implements AutoCloseable {

  /** SIGINT is the second signal, and the mask begins with the first. */
  private static final long SIGINT_BIT = 1L << 1;

  private final Process process;
  private final BufferedReader output;
  private List<ProcessHandle> servers = List.of();

  DemoProcess(String... args) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classPath = System.getProperty("java.class.path");
    List<String> command =
        Stream.concat(
                Stream.of(java.toString(), "-cp", classPath, Demo.class.getName()), Stream.of(args))
            .toList();
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    output = process.inputReader();
  }

  /** Reads the output up to a line with these words, and remembers the servers there are then. */
  String lineWith(String words) throws IOException {
    StringBuilder before = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.contains(words)) {
        servers = process.children().toList();
        return line;
      }
      before.append(line).append('\n');
    }
    throw new AssertionError("never said \"" + words + "\":\n" + before);
  }

  String rest() {
    return output.lines().collect(Collectors.joining("\n"));
  }

  int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  /** The processes it had at the last {@link #lineWith}. */
  List<ProcessHandle> servers() {
    return servers;
  }

  void kill() {
    process.destroyForcibly();
  }

  void terminate() {
    process.toHandle().destroy(); // unlike that of the process, leaves the output open
  }

  /** As a Ctrl-C does, to the demo alone. */
  void interrupt() throws IOException, InterruptedException {
    assumeTrue(obeysInterrupts(), "whoever started this build lets its processes ignore SIGINT");
    String pid = Long.toString(process.pid());
    assertTrue(new ProcessBuilder("kill", "-INT", pid).inheritIO().start().waitFor() == 0);
  }

  private boolean obeysInterrupts() throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    assumeTrue(Files.exists(status), "what a process ignores can be seen");
    String mask =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow()
            .substring("SigIgn:".length())
            .strip();
    return (Long.parseUnsignedLong(mask, 16) & SIGINT_BIT) == 0;
  }

  /** A server that is left over would not end by itself. */
  void assertNoServerIsLeft() throws Exception {
    for (ProcessHandle server : servers) {
      ProcessHandle unused = server.onExit().get(10, TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
