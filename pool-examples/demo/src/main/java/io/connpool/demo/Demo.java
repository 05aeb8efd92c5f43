package io.connpool.demo;

import java.io.Console;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the demo. */
@Command(
    name = "demo",
    description = {
      "Loads two echo servers through two connection pools, kills one server after the other,"
          + " brings them back, and checks every answer.",
      ""
    },
    sortOptions = false,
    subcommands = {MuxDemo.class, ThriftDemo.class},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every answer was right",
      "1:an answer was wrong, or an act of the drama did not end well",
      "2:the arguments were wrong",
      "3:the demo itself failed: a server process did not start"
    },
    exitCodeOnExecutionException = 3)
public final class Demo implements Callable<Integer> {

  /** With less, a server is not back long enough for its pool to be seen to recover. */
  private static final int FEWEST_SECONDS = 4;

  private static final int MOST_SECONDS = 3_600;

  /** More would not fit into the minute. */
  private static final int MOST_DRAMA_SECONDS = 40;

  private static final int MOST_THREADS = 1_000;

  /** More than the longest request takes; the JVM ends after that even if the demo hangs. */
  private static final long STOP_LIMIT_SECONDS = 5;

  @Spec CommandSpec spec;

  private int seconds;
  private int threads;

  @Option(names = "--quiet", description = "Print the summary only.")
  boolean quiet;

  @Option(
      names = "--drama",
      description = {
        "Instead: outage, hang, slow dial, stray bytes, idle closes, resize and a leak, one after the"
            + " other, each followed by what the pool did about it. Ends within a minute."
      })
  boolean drama;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  boolean help;

  /** For the test that proves that a wrong answer is found. */
  @Option(names = "--lie-every", hidden = true)
  long lieEvery;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      description = "How long it lasts, 4 to 3600 (default: ${DEFAULT-VALUE}).")
  void setSeconds(int value) {
    seconds = inRange("--seconds", value, FEWEST_SECONDS, MOST_SECONDS);
  }

  @Option(
      names = "--threads",
      defaultValue = "16",
      description = "Threads that load each pool, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  void setThreads(int value) {
    threads = inRange("--threads", value, 1, MOST_THREADS);
  }

  private int inRange(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '%s': must be %d to %d, but is %d"
              .formatted(option, least, most, value));
    }
    return value;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    if (drama) {
      return playDrama(ended);
    }
    try (Screen screen = screen()) {
      Show show = new Show(Duration.ofSeconds(seconds), threads, lieEvery, screen);
      stopOnShutdown(show::stop, ended);
      Summary summary = show.play();
      System.out.print(summary);
      System.out.flush();
      return summary.wrongAnswers() == 0 ? 0 : 1;
    } finally {
      ended.countDown();
    }
  }

  /** A tenth of the time for each act that lasts by itself; what the pool does takes the rest. */
  private int playDrama(CountDownLatch ended) throws IOException, InterruptedException {
    Duration trouble = Duration.ofSeconds(Math.min(seconds, MOST_DRAMA_SECONDS)).dividedBy(10);
    long began = System.nanoTime();
    Screen screen = new PlainLines(System.out);
    Drama play =
        new Drama(
            trouble,
            threads,
            event -> screen.announce(Duration.ofNanos(System.nanoTime() - began), event));
    stopOnShutdown(play::stop, ended);
    try {
      return play.play(lieEvery) ? 0 : 1;
    } finally {
      ended.countDown();
    }
  }

  @SuppressWarnings("SystemConsoleNull") // not with the console of java.base
  private Screen screen() {
    if (quiet) {
      return Screen.dark();
    }
    // That of JDK 22 to 24 is there even when no terminal is.
    System.setProperty("jdk.console", "java.base");
    Console console = System.console();
    return console == null
        ? new PlainLines(System.out)
        : new LiveTable(
            console,
            "ConnPool demo: %d threads on each of two pools, %d s".formatted(threads, seconds));
  }

  /** After a Ctrl-C too, no process is left behind and the summary so far is printed. */
  private static void stopOnShutdown(Runnable stop, CountDownLatch ended) {
    Runnable stopAndWait =
        () -> {
          stop.run();
          try {
            if (!ended.await(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
              System.err.println("demo: did not stop within " + STOP_LIMIT_SECONDS + " s");
            }
          } catch (InterruptedException endNow) {
            Thread.currentThread().interrupt();
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stopAndWait, "demo-shutdown"));
  }

  /**
   * Runs the demo.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    CommandLine commandLine = new CommandLine(new Demo());
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof IOException) {
            command.getErr().println("demo: " + failure.getMessage());
            return command.getCommandSpec().exitCodeOnExecutionException();
          }
          throw failure;
        });
    System.exit(commandLine.execute(args));
  }
}
