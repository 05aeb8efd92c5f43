package io.connpool.bench.harness;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one command of this program in a JVM of its own, so that each measurement has its own
 * profile and its own compiled code, and only one implementation behind each interface.
 */
public final class Fork {
  /** The heap is fixed, so that no run pays for its growth. Everything else is the JVM's choice. */
  private static final List<String> JVM_OPTIONS = List.of("-Xms1g", "-Xmx1g");

  /**
   * For those that take turns. Their windows are short, and pages that the heap touches for the
   * first time doubled the cost of an exchange of 4 KiB. It takes a second, so others go without:
   * their warm-up touches the pages.
   */
  private static final List<String> TOUCHED_BEFORE = List.of("-XX:+AlwaysPreTouch");

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
    Process process = start(List.of(), arguments);
    try {
      List<String> printed = within(limit, arguments, () -> process.inputReader().lines().toList());
      int exitCode = process.waitFor();
      if (exitCode != 0 || printed.isEmpty()) {
        throw new IOException(
            "exit code %d, %d lines printed: %s".formatted(exitCode, printed.size(), arguments));
      }
      return JsonLine.parse(printed.get(printed.size() - 1));
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Starts one that measures when it is told to.
   *
   * @param arguments of the command
   * @return to be closed
   * @throws IOException if it cannot be started
   */
  Worker open(List<String> arguments) throws IOException {
    List<String> all = new ArrayList<>(arguments);
    all.add(Timing.TURNS);
    return new Worker(start(TOUCHED_BEFORE, all), all);
  }

  /** A JVM that warms up at once, measures once for each turn, and rests in between. */
  static final class Worker implements AutoCloseable {
    private final Process process;
    private final List<String> arguments;

    private Worker(Process process, List<String> arguments) {
      this.process = process;
      this.arguments = arguments;
    }

    /**
     * Measures once; the first time this waits for the warm-up.
     *
     * @param limit how long it may take
     * @return the result
     * @throws IOException if it failed, or took longer
     */
    JsonLine turn(Duration limit) throws IOException, InterruptedException {
      BufferedWriter orders = process.outputWriter();
      orders.newLine();
      orders.flush();
      String printed = within(limit, arguments, () -> process.inputReader().readLine());
      if (printed == null) {
        throw new IOException("exit code %d: %s".formatted(process.waitFor(), arguments));
      }
      return JsonLine.parse(printed);
    }

    /** Kills it: it has nothing to lose. */
    @Override
    public void close() {
      process.destroyForcibly().onExit().join(); // before another one is measured
    }
  }

  private Process start(List<String> moreOptions, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.addAll(moreOptions);
    if (Runtime.version().feature() >= KNOWS_UNSAFE_OPTION) {
      command.add(UNSAFE);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** What a JVM prints; the caller kills one that takes longer, which ends the reading. */
  private static <T> T within(Duration limit, List<String> arguments, Callable<T> reading)
      throws IOException, InterruptedException {
    FutureTask<T> printed = new FutureTask<>(reading);
    Thread reader = new Thread(printed, "bench-reader");
    reader.setDaemon(true);
    reader.start();
    try {
      return printed.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException hangs) {
      throw new IOException("killed after " + limit.toSeconds() + " s: " + arguments, hangs);
    } catch (ExecutionException unreadable) {
      throw new IOException("no output: " + arguments, unreadable.getCause());
    }
  }
}
