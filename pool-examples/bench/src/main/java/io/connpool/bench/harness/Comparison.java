package io.connpool.bench.harness;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs every peer on every row, each time in a JVM of its own. Peers take turns, A B C A B C, so
 * that whatever else the machine does meets all of them.
 */
public final class Comparison {
  /** Starting, filling, joining stuck threads and ending, on a busy machine. */
  private static final Duration OVERHEAD = Duration.ofSeconds(60);

  private final Fork fork;
  private final List<String> peers;
  private final Effort effort;
  private final PrintStream out;
  private final PrintStream progress;
  private final boolean json;

  /**
   * How much work a figure is worth.
   *
   * @param forks JVMs per peer and row; the median is taken
   * @param warmUp seconds before the window
   * @param seconds of the window
   */
  public record Effort(int forks, double warmUp, double seconds) {}

  /**
   * Prepares a comparison.
   *
   * @param fork runs the measurements
   * @param peers in order
   * @param effort for each
   * @param json whether results are printed as they come
   * @param out for results
   * @param progress for everything else
   */
  public Comparison(
      Fork fork,
      List<String> peers,
      Effort effort,
      boolean json,
      PrintStream out,
      PrintStream progress) {
    this.fork = fork;
    this.peers = List.copyOf(peers);
    this.effort = effort;
    this.json = json;
    this.out = out;
    this.progress = progress;
  }

  /**
   * Measures all.
   *
   * @param rows in order
   * @return the results; a peer that failed has fewer, and the reason was printed
   */
  public Results measure(List<Row> rows) throws InterruptedException {
    Results results = new Results();
    int total = rows.size() * effort.forks() * peers.size();
    int done = 0;
    long start = System.nanoTime();
    for (Row row : rows) {
      for (int turn = 1; turn <= effort.forks(); turn++) {
        for (String peer : peers) {
          progress.printf(
              "[%d/%d%s] %s, %s, fork %d of %d%n",
              ++done, total, left(start, done, total), row.name(), peer, turn, effort.forks());
          measure(row, peer, results);
        }
      }
    }
    return results;
  }

  private void measure(Row row, String peer, Results results) throws InterruptedException {
    List<String> arguments = new ArrayList<>(row.arguments());
    arguments.addAll(
        List.of(
            "--peer",
            peer,
            "--warm-up",
            Double.toString(effort.warmUp()),
            "--seconds",
            Double.toString(effort.seconds()),
            "--json"));
    long work = (long) ((effort.warmUp() + effort.seconds()) * 1e9);
    try {
      JsonLine result = fork.run(arguments, OVERHEAD.plusNanos(work)).with("row", row.name());
      results.add(row, peer, result);
      if (json) {
        out.println(result);
      }
    } catch (IOException failed) {
      progress.println("FAILED: " + failed.getMessage());
    }
  }

  private static String left(long start, int begun, int total) {
    if (begun == 1) {
      return "";
    }
    long each = (System.nanoTime() - start) / (begun - 1);
    Duration left = Duration.ofNanos(each * (total - begun + 1));
    return ", %d:%02d left".formatted(left.toMinutes(), left.toSecondsPart());
  }

  /** Results by row and peer. */
  public static final class Results {
    private final Map<String, Map<String, List<JsonLine>>> lines = new LinkedHashMap<>();

    private void add(Row row, String peer, JsonLine result) {
      lines
          .computeIfAbsent(row.name(), name -> new LinkedHashMap<>())
          .computeIfAbsent(peer, name -> new ArrayList<>())
          .add(result);
    }

    /**
     * The results of one peer in one row.
     *
     * @param row the row
     * @param peer its name
     * @return one per fork that did not fail
     */
    public List<JsonLine> of(Row row, String peer) {
      return lines.getOrDefault(row.name(), Map.of()).getOrDefault(peer, List.of());
    }

    /**
     * The median of a field.
     *
     * @param row the row
     * @param peer its name
     * @param field its name
     * @return NaN if no result has it
     */
    public double median(Row row, String peer, String field) {
      double[] sorted =
          of(row, peer).stream()
              .flatMapToDouble(line -> line.number(field).stream())
              .sorted()
              .toArray();
      int half = sorted.length / 2;
      if (sorted.length == 0) {
        return Double.NaN;
      }
      return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
  }
}
