package io.connpool.bench.harness;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * Says how far the measurements are, one line for each that begins, and how long they will take.
 */
final class Progress {
  private static final int WIDTH = 20;

  /** What a JVM takes to start and to end beside the time it is told to measure, before any did. */
  private static final double FIRST_GUESS = 1.5;

  private final PrintWriter out;
  private final int total;
  private final double planned;
  private final long start = System.nanoTime();
  private int begun;
  private double done;

  /**
   * Prepares to tell.
   *
   * @param out where to
   * @param total how many measurements there will be
   * @param planned seconds for which all JVMs are told to measure
   */
  Progress(PrintWriter out, int total, double planned) {
    this.out = out;
    this.total = total;
    this.planned = planned;
  }

  /** How long all will take. */
  Duration expected() {
    return Duration.ofMillis(Math.round((planned + FIRST_GUESS * total) * 1e3));
  }

  /** The next measurement begins. */
  void begins(String what, double seconds) {
    int filled = WIDTH * begun / Math.max(1, total);
    Duration left = left();
    out.printf(
        "[%d/%d, %d:%02d left] %s%s %s%n",
        ++begun,
        total,
        left.toMinutes(),
        left.toSecondsPart(),
        "#".repeat(filled),
        "-".repeat(WIDTH - filled),
        what);
    out.flush();
    done += seconds;
  }

  /** What is planned, and for each JVM what the ones before took more than planned. */
  private Duration left() {
    if (begun == 0) {
      return expected();
    }
    double overhead = ((System.nanoTime() - start) / 1e9 - done) / begun;
    double seconds = planned - done + Math.max(0, overhead) * (total - begun);
    return Duration.ofMillis(Math.round(Math.max(0, seconds) * 1e3));
  }

  void failed(Exception failure) {
    out.println("FAILED: " + failure.getMessage());
    out.flush();
  }
}
