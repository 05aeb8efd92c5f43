package io.connpool.bench.harness;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs every peer on every row, each time in a JVM of its own. Peers take turns, A B C A B C, so
 * that whatever else the machine does meets all of them.
 */
public final class Comparison {
  /** Starting, filling, waiting for stuck threads and ending, on a busy machine. */
  private static final Duration OVERHEAD = Duration.ofSeconds(60);

  private final Fork fork;
  private final List<String> peers;
  private final Effort effort;
  private final PrintWriter lines;
  private final Progress progress;

  /**
   * How much work a figure is worth.
   *
   * @param forks JVMs per peer and row; the median is taken
   * @param warmUp seconds before the window
   * @param seconds of the window
   */
  public record Effort(int forks, double warmUp, double seconds) {
    /** How long a JVM is told to measure. */
    double planned(Row row) {
      return warmUp + seconds * row.metric().windows();
    }

    /** How long all JVMs are told to measure. */
    double planned(List<Row> rows, int peers) {
      return rows.stream().mapToDouble(this::planned).sum() * peers * forks;
    }
  }

  /**
   * Prepares a comparison.
   *
   * @param fork runs the measurements
   * @param peers in order
   * @param effort for each
   * @param lines for results as they come
   * @param progress told of everything else
   */
  Comparison(Fork fork, List<String> peers, Effort effort, PrintWriter lines, Progress progress) {
    this.fork = fork;
    this.peers = List.copyOf(peers);
    this.effort = effort;
    this.lines = lines;
    this.progress = progress;
  }

  /**
   * Measures all.
   *
   * @param rows in order
   * @return the results; a peer that failed has fewer, and the reason was printed
   * @throws InterruptedException if interrupted
   */
  Results measure(List<Row> rows) throws InterruptedException {
    Results results = new Results();
    for (Row row : rows) {
      for (int turn = 1; turn <= effort.forks(); turn++) {
        for (String peer : peers) {
          progress.begins(
              "%s, %s, fork %d of %d".formatted(row.name(), peer, turn, effort.forks()),
              effort.planned(row));
          measure(row, peer, turn, results);
        }
      }
    }
    return results;
  }

  private void measure(Row row, String peer, int turn, Results results)
      throws InterruptedException {
    double seconds = effort.seconds() * row.metric().windows();
    List<String> arguments = new ArrayList<>(row.arguments());
    arguments.addAll(List.of("--peer", peer, "--json"));
    arguments.addAll(List.of("--warm-up", Double.toString(effort.warmUp())));
    arguments.addAll(List.of("--seconds", Double.toString(seconds)));
    Duration limit = OVERHEAD.plusMillis(Math.round((effort.warmUp() + seconds) * 1e3));
    try {
      JsonLine result = fork.run(arguments, limit).with("row", row.name()).with("fork", turn);
      results.add(row, peer, turn, result);
      lines.println(result);
      lines.flush();
    } catch (IOException failed) {
      results.countFailure();
      progress.failed(failed);
    }
  }
}
