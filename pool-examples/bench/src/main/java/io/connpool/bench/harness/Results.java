package io.connpool.bench.harness;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/** What a comparison has measured, by row and peer. */
public final class Results {
  /** By row and peer; their keys are the rounds. */
  private final Map<String, Map<String, SortedMap<Integer, JsonLine>>> lines = new HashMap<>();

  private int failures;

  void add(Row row, String peer, int round, JsonLine result) {
    lines
        .computeIfAbsent(row.name(), name -> new HashMap<>())
        .computeIfAbsent(peer, name -> new TreeMap<>())
        .put(round, result);
  }

  void countFailure() {
    failures++;
  }

  /**
   * How many measurements failed.
   *
   * @return 0 if the results are complete
   */
  public int failures() {
    return failures;
  }

  /**
   * The results of one peer in one row.
   *
   * @param row the row
   * @param peer its name
   * @return one per fork that did not fail
   */
  public List<JsonLine> of(Row row, String peer) {
    return List.copyOf(rounds(row, peer).values());
  }

  private SortedMap<Integer, JsonLine> rounds(Row row, String peer) {
    return lines.getOrDefault(row.name(), Map.of()).getOrDefault(peer, new TreeMap<>());
  }

  /**
   * How many times better one peer is than another: the median of the ratios of each round, in
   * which both met the same machine. NaN if they share no round.
   */
  double ratio(Row row, String ours, String theirs) {
    String field = row.metric().field();
    SortedMap<Integer, JsonLine> rivals = rounds(row, theirs);
    DoubleStream.Builder ratios = DoubleStream.builder();
    rounds(row, ours)
        .forEach(
            (round, our) -> {
              JsonLine their = rivals.get(round);
              if (their != null) {
                ratios.add(
                    row.metric()
                        .ratio(
                            our.number(field).orElse(Double.NaN),
                            their.number(field).orElse(Double.NaN)));
              }
            });
    return median(ratios.build().sorted().toArray());
  }

  /** The row's figure for a peer, NaN if there is none. */
  double figure(Row row, String peer) {
    return median(row, peer, row.metric().field());
  }

  /**
   * The median of a field.
   *
   * @param row the row
   * @param peer its name
   * @param field the field's name
   * @return NaN if no result has it
   */
  public double median(Row row, String peer, String field) {
    return median(values(row, peer, field));
  }

  private static double median(double... sorted) {
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** Whether any result has more than zero of it. */
  boolean any(Row row, String peer, String field) {
    double[] sorted = values(row, peer, field);
    return sorted.length > 0 && sorted[sorted.length - 1] > 0;
  }

  private double[] values(Row row, String peer, String field) {
    return of(row, peer).stream()
        .flatMapToDouble(line -> line.number(field).stream())
        .sorted()
        .toArray();
  }
}
