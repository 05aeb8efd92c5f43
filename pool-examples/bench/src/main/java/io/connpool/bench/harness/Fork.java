package io.connpool.bench.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one command of this program in a JVM of its own, so that each measurement has its own
 * profile and its own compiled code, and only one implementation behind each interface.
 */
public final class Fork {
  /** The heap is fixed, so that no run pays for its growth. Everything else is the JVM's choice. */
  private static final List<String> JVM_OPTIONS = List.of("-Xms1g", "-Xmx1g");

  /** Netty still uses it, and JVMs that know this option would warn of it in every report. */
  private static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow";

  private static final int KNOWS_UNSAFE_OPTION = 23;

  private final String mainClass;

  /**
   * Prepares forks.
   *
   * @param mainClass what they run
   */
  public Fork(Class<?> mainClass) {
    this.mainClass = mainClass.getName();
  }

  /**
   * Runs it; what it writes to its error stream goes to ours.
   *
   * @param arguments of the command
   * @param limit after which it is killed
   * @return the result in the last line it printed
   * @throws IOException if it failed, was killed, or printed no result
   */
  public JsonLine run(List<String> arguments, Duration limit)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    if (Runtime.version().feature() >= KNOWS_UNSAFE_OPTION) {
      command.add(UNSAFE);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      CompletableFuture<List<String>> lines =
          CompletableFuture.supplyAsync(() -> process.inputReader().lines().toList());
      List<String> printed = lines.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      int exitCode = process.waitFor();
      if (exitCode != 0 || printed.isEmpty()) {
        throw new IOException(
            "exit code %d, %d lines printed: %s".formatted(exitCode, printed.size(), arguments));
      }
      return JsonLine.parse(printed.get(printed.size() - 1));
    } catch (TimeoutException hangs) {
      throw new IOException("killed after " + limit.toSeconds() + " s: " + arguments, hangs);
    } catch (ExecutionException unreadable) {
      throw new IOException("no output: " + arguments, unreadable.getCause());
    } finally {
      process.destroyForcibly();
    }
  }
}
