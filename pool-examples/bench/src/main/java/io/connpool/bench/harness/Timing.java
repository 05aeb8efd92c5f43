package io.connpool.bench.harness;

import io.connpool.bench.harness.ClosedLoop.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** How long a closed loop is warmed up and measured, and how often: options of its command. */
public final class Timing {
  /** Makes a JVM measure when it is told to, see {@link Fork.Worker}. */
  static final String TURNS = "--turns";

  /** How long callers may work before the compiler is given time. */
  private static final double STINT = 1;

  /**
   * Longer than any method takes to be compiled: a compiler that ends nothing meanwhile is idle.
   */
  private static final Duration COMPILER_IDLE = Duration.ofMillis(300);

  /** Looks at a compiler: after six seconds the callers go on, whether it is idle or not. */
  private static final int MOST_LOOKS = 20;

  @Option(names = "--warm-up", description = "Seconds that do not count.")
  double warmUp = 1;

  @Option(names = "--seconds", description = "Seconds that count.")
  double seconds = 3;

  @Option(
      names = TURNS,
      description = "Measures once for each line that it is sent, and rests in between.")
  boolean turns;

  /** For picocli. */
  public Timing() {}

  /**
   * How long a window is.
   *
   * @return in seconds
   */
  public double seconds() {
    return seconds;
  }

  /**
   * Runs a loop.
   *
   * @param loop that has not begun; ended when this returns
   * @param factory makes the callers' threads
   * @param results told of each window
   * @throws IOException if nothing can be read any more
   * @throws InterruptedException if interrupted
   */
  public void measure(ClosedLoop loop, ThreadFactory factory, Consumer<Outcome> results)
      throws IOException, InterruptedException {
    Duration window = duration(seconds);
    try (loop) {
      loop.begin(factory);
      warmUp(loop);
      if (!turns) {
        results.accept(loop.measure(window));
        return;
      }
      BufferedReader turn =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (turn.readLine() != null) {
        results.accept(loop.measure(window));
      }
    }
  }

  /**
   * Rests once a second until nothing is left to compile. Callers that keep every processor busy
   * leave the compiler nothing: with 64 callers on two processors, methods of every exchange had
   * not reached the second compiler after 13 s, and whoever has more code seemed to be slower.
   */
  private void warmUp(ClosedLoop loop) throws InterruptedException {
    for (double left = warmUp; left > 0; left -= STINT) {
      loop.work(duration(Math.min(left, STINT)));
      awaitCompiler();
    }
  }

  private static void awaitCompiler() throws InterruptedException {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    long before = -1;
    for (int looks = 0; looks < MOST_LOOKS; looks++) {
      long spent = compiler.getTotalCompilationTime();
      if (spent == before) {
        return;
      }
      before = spent;
      TimeUnit.NANOSECONDS.sleep(COMPILER_IDLE.toNanos());
    }
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }
}
