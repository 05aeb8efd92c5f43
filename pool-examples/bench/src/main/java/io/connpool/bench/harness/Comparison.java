package io.connpool.bench.harness;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs every peer on every row, in JVMs of their own. Peers take turns, A B C A B C, so that
 * whatever else the machine does meets all of them: either each turn is a new JVM, or the JVMs of
 * all peers stay and rest while it is not their turn. The second way takes many short turns in the
 * time of a few long ones, for ratios that must be known to a hundredth.
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
   * @param forks JVMs per peer and row; the median of all windows is taken
   * @param warmUp seconds before the first window
   * @param seconds of each window
   * @param turns windows of each JVM, which takes turns with the others; 0 if a JVM has one and
   *     ends
   */
  public record Effort(int forks, double warmUp, double seconds, int turns) {
    /** For JVMs that measure once and end. */
    public Effort(int forks, double warmUp, double seconds) {
      this(forks, warmUp, seconds, 0);
    }

    /** How long one window is. */
    double window(Row row) {
      return seconds * row.metric().windows();
    }

    /** How many measurements there are for one row. */
    int steps(int peers) {
      return turns == 0 ? peers * forks : (peers + turns) * forks;
    }

    /** How long all JVMs are told to measure. */
    double planned(List<Row> rows, int peers) {
      return rows.stream().mapToDouble(row -> warmUp + window(row) * Math.max(1, turns)).sum()
          * peers
          * forks;
    }

    /** For people. */
    String text() {
      return turns == 0
          ? "%d JVMs per figure, each %s s warm-up and %s s window"
              .formatted(forks, warmUp, seconds)
          : "%d JVMs per figure, each %s s warm-up and %d windows of %s s, in turns with the others"
              .formatted(forks, warmUp, turns, seconds);
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
      for (int fork = 1; fork <= effort.forks(); fork++) {
        if (effort.turns() > 0) {
          measureInTurns(row, fork, results);
          continue;
        }
        for (String peer : peers) {
          begins(row, peer, fork, effort.warmUp() + effort.window(row));
          measure(row, peer, fork, results);
        }
      }
    }
    return results;
  }

  private void begins(Row row, String what, int number, double seconds) {
    progress.begins(
        "%s, %s, fork %d of %d".formatted(row.name(), what, number, effort.forks()), seconds);
  }

  private void measure(Row row, String peer, int number, Results results)
      throws InterruptedException {
    try {
      JsonLine result = fork.run(arguments(row, peer), limit(row));
      record(row, peer, number, result.with("fork", number), results);
    } catch (IOException failed) {
      failed(failed, results);
    }
  }

  private void measureInTurns(Row row, int number, Results results) throws InterruptedException {
    Map<String, Fork.Worker> rivals = new LinkedHashMap<>();
    try {
      for (String peer : peers) {
        begins(row, peer + " warms up", number, effort.warmUp());
        Fork.Worker worker = fork.open(arguments(row, peer));
        rivals.put(peer, worker);
        if (next(row, worker, results) == null) { // belongs to the warm-up: it tells its end
          rivals.remove(peer);
        }
      }
      for (int turn = 1; turn <= effort.turns(); turn++) {
        String what = "turn %d of %d".formatted(turn, effort.turns());
        begins(row, what, number, effort.window(row) * peers.size());
        int round = (number - 1) * effort.turns() + turn;
        for (Map.Entry<String, Fork.Worker> rival : List.copyOf(rivals.entrySet())) {
          JsonLine result = next(row, rival.getValue(), results);
          if (result == null) {
            rivals.remove(rival.getKey());
          } else {
            result.with("fork", number).with("turn", turn);
            record(row, rival.getKey(), round, result, results);
          }
        }
      }
    } catch (IOException notStarted) {
      failed(notStarted, results);
    } finally {
      rivals.values().forEach(Fork.Worker::close);
    }
  }

  /** The next window of a peer. Null if it failed: then it has no further turns. */
  private @Nullable JsonLine next(Row row, Fork.Worker worker, Results results)
      throws InterruptedException {
    try {
      return worker.turn(limit(row));
    } catch (IOException failed) {
      worker.close();
      failed(failed, results);
      return null;
    }
  }

  private void record(Row row, String peer, int round, JsonLine result, Results results) {
    result.with("row", row.name());
    results.add(row, peer, round, result);
    lines.println(result);
    lines.flush();
  }

  private void failed(IOException failure, Results results) {
    results.countFailure();
    progress.failed(failure);
  }

  private List<String> arguments(Row row, String peer) {
    List<String> arguments = new ArrayList<>(row.arguments());
    arguments.addAll(List.of("--peer", peer, "--json"));
    arguments.addAll(List.of("--warm-up", Double.toString(effort.warmUp())));
    arguments.addAll(List.of("--seconds", Double.toString(effort.window(row))));
    return arguments;
  }

  private Duration limit(Row row) {
    return OVERHEAD.plusMillis(Math.round((effort.warmUp() + effort.window(row)) * 1e3));
  }
}
