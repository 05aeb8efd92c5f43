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
      "Three servers (plain TCP, Apache Thrift, multiplexed sockets), each in a process of its own"
          + " with a pool of connections to it. Keeps them busy, kills and freezes them one after"
          + " the other, brings them back, and checks every answer.",
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

  private static final Duration FOR_EVER = Duration.ofDays(365);

  /**
   * With --web the servers take their time, as real ones do: at full speed charts would show how
   * fast the machine is, and the browser would have to share it.
   */
  private static final long WORK_MILLIS = 4;

  /**
   * Of each thread after each answer. Threads that ask without one take all the processors there
   * are, and the rates show how lanes share them instead of what a lane does.
   */
  private static final Duration PAUSE = Duration.ofMillis(4);

  private static final String INTRODUCTION =
      """
      ConnPool keeps connections good and lends them to threads.

      Three servers run as processes of their own: tcp (plain sockets), thrift (one of Apache's)
      and mux (many calls at once over one socket). Each has a pool, and %d threads that ask it,
      each with a pause of %d ms after every answer: the load is paced, so the rates, which are
      those seen, say nothing about the most a pool can do. Two servers will be killed and one
      frozen. Watch what the pools do about it: dead connections are closed, nobody waits for a
      lost cause, every failed call says whether it may have been run, and when a server is back
      its pool is too. Every answer is checked.
      """;

  @Spec CommandSpec spec;

  private int seconds;
  private int threads;
  private int port;

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
      names = "--web",
      description = {
        "Serves a page on loopback, to watch and to do the killing by hand. Until Ctrl-C, unless"
            + " --seconds is given."
      })
  boolean web;

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
      names = "--port",
      defaultValue = "0",
      description = "Where --web serves its page, 0 to 65535 (default: any free port).")
  void setPort(int value) {
    port = inRange("--port", value, 0, 65_535);
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
    try (Stage stage = new Stage()) {
      stopOnShutdown(stage::end, ended);
      Summary summary = web ? playByHand(stage) : playScript(stage);
      System.out.print(summary);
      System.out.flush();
      return summary.wrongAnswers() == 0 ? 0 : 1;
    } finally {
      ended.countDown();
    }
  }

  private Summary playScript(Stage stage) throws IOException, InterruptedException {
    if (!quiet) {
      System.out.println(INTRODUCTION.formatted(threads, PAUSE.toMillis()));
    }
    try (Screen screen = screen()) {
      Show.Load load = new Show.Load(threads, PAUSE, 0, lieEvery);
      return new Show(stage, load, screen).play(Duration.ofSeconds(seconds), true);
    }
  }

  private Summary playByHand(Stage stage) throws IOException, InterruptedException {
    boolean limited = spec.commandLine().getParseResult().hasMatchedOption("--seconds");
    Duration length = limited ? Duration.ofSeconds(seconds) : FOR_EVER;
    String subtitle =
        "%d threads ask each server, %d ms of work for each answer, %d ms of pause after it"
            .formatted(threads, WORK_MILLIS, PAUSE.toMillis());
    Screen log = quiet ? Screen.dark() : new PlainLines(System.out);
    try (WebScreen screen = new WebScreen(port, stage, subtitle, log)) {
      System.out.println("ConnPool demo: open " + screen.address() + " (Ctrl-C ends it)");
      Show.Load load = new Show.Load(threads, PAUSE, WORK_MILLIS, lieEvery);
      return new Show(stage, load, screen).play(length, false);
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
            "%d threads on each of three pools, a pause of %d ms after each answer"
                .formatted(threads, PAUSE.toMillis()),
            Duration.ofSeconds(seconds));
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
