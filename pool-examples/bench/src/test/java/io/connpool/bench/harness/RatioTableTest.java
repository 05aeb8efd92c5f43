package io.connpool.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Metric;
import io.connpool.bench.harness.Row.Scope;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class RatioTableTest {
  private static final List<String> PEERS = List.of("connpool", "fast", "slow");

  private final Results results = new Results();
  private int round;

  @Test
  void moreIsBetterForThroughput() {
    Row row = row(Metric.THROUGHPUT, new Floor("slow", 1.5), new Floor(Floor.BEST, 1.0));
    add(row, "ops_per_s", 2e6, 4e6, 1e6);
    assertTrue(table(row).contains("2.0 M/s       4.0 M/s (0.50x)       1.0 M/s (2.00x)"));
    assertEquals(
        """
        holds   row              2.000x slow, floor 1.50x
        MISSED  row              0.500x fast, the best peer, floor 1.00x
        """,
        floors(row));
  }

  @Test
  void lessIsBetterForWaits() {
    Row row = row(Metric.TAIL, new Floor(Floor.BEST, 0.4));
    add(row, "p9999_us", 2000, 1000, 8000);
    assertTrue(table(row).contains("2.0 ms        1.0 ms (0.50x)        8.0 ms (4.00x)"));
    assertEquals("holds   row              0.500x fast, the best peer, floor 0.40x\n", floors(row));
  }

  @Test
  void theMedianOfTheForksCounts() {
    Row row = row(Metric.THROUGHPUT, new Floor("fast", 1.0));
    add(row, "ops_per_s", 1e3, 1e3, 1e3);
    add(row, "ops_per_s", 9e3, 1e3, 1e3);
    add(row, "ops_per_s", 3e3, 1e3, 1e3);
    assertEquals("holds   row              3.000x fast, floor 1.00x\n", floors(row));
  }

  /** The machine was slow for both in one round and fast for both in another. */
  @Test
  void ratiosAreThoseOfTheRoundsAndNotOfTheMedians() {
    Row row = row(Metric.THROUGHPUT, new Floor("fast", 1.0));
    add(row, "ops_per_s", 1e3, 2e3, 1e3);
    add(row, "ops_per_s", 4e3, 8e3, 1e3);
    add(row, "ops_per_s", 5e3, 1e3, 1e3);
    results.add(row, "fast", 7, new JsonLine().with("ops_per_s", 9e9)); // ours failed there
    assertEquals("MISSED  row              0.500x fast, floor 1.00x\n", floors(row));
  }

  @Test
  void whatWasNotMeasuredHasNoVerdict() {
    Row row = row(Metric.THROUGHPUT, new Floor("fast", 1.0), new Floor(Floor.IDEAL, 0.9));
    results.add(row, "connpool", 1, new JsonLine().with("ops_per_s", 1e3));
    assertEquals("", floors(row));
    assertTrue(table(row).contains("no figure"));
  }

  @Test
  void oneForkWithTroubleMarksTheFigure() {
    Row row = row(Metric.THROUGHPUT);
    add(row, "ops_per_s", 1e3, 1e3, 1e3);
    results.add(row, "fast", 2, new JsonLine().with("ops_per_s", 1e3).with("stuck", 2));
    results.add(row, "slow", 2, new JsonLine().with("ops_per_s", 1e3).with("timeouts", 1));
    assertTrue(table(row).contains(" !! 1.0 k/s (1.00x) "));
    assertTrue(table(row).contains(" ! 1.0 k/s (1.00x)"));
    results.add(row, "connpool", 2, new JsonLine().with("ops_per_s", 1e3).with("failed", 1));
    assertTrue(table(row).contains(" ! 1.0 k/s  "));
  }

  private static Row row(Metric metric, Floor... floors) {
    return new Row("row", List.of(), metric, List.of(floors), Scope.ALWAYS);
  }

  private void add(Row row, String field, double... figures) {
    round++;
    for (int i = 0; i < figures.length; i++) {
      results.add(row, PEERS.get(i), round, new JsonLine().with(field, figures[i]));
    }
  }

  private String table(Row row) {
    StringWriter text = new StringWriter();
    new RatioTable(Floor.CONNPOOL, List.of(row), PEERS, results).print(new PrintWriter(text, true));
    return text.toString();
  }

  private String floors(Row row) {
    StringWriter text = new StringWriter();
    new RatioTable(Floor.CONNPOOL, List.of(row), PEERS, results)
        .printFloors(new PrintWriter(text, true));
    return text.toString();
  }
}
