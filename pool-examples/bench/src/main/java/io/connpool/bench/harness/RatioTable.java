package io.connpool.bench.harness;

import io.connpool.bench.harness.Comparison.Results;
import io.connpool.bench.harness.Row.Floor;
import java.io.PrintStream;
import java.util.List;

/** The report of a comparison: each figure, how much better ours is, and whether floors hold. */
public final class RatioTable {
  private static final String OURS = "connpool";

  private final List<Row> rows;
  private final List<String> peers;
  private final Results results;

  /**
   * Makes a report.
   *
   * @param rows in order
   * @param peers in order
   * @param results of all
   */
  public RatioTable(List<Row> rows, List<String> peers, Results results) {
    this.rows = rows;
    this.peers = peers;
    this.results = results;
  }

  /**
   * Prints the figures, and then the floors.
   *
   * @param out where to
   */
  public void print(PrintStream out) {
    out.printf("%n%-16s", "");
    peers.forEach(peer -> out.printf("%22s", peer));
    out.println();
    for (Row row : rows) {
      out.printf("%-16s", row.name());
      peers.forEach(peer -> out.printf("%22s", cell(row, peer)));
      out.println();
    }
    out.println();
    out.println(
        "In brackets: how many times better connpool is. k/s, M/s: acquisitions per second,");
    out.println("the more the better. us, ms: p99.99 of the waits, the less the better.");
    if (!peers.contains(OURS)) {
      return;
    }
    out.println();
    out.println("Floors:");
    for (Row row : rows) {
      for (Floor floor : row.floors()) {
        printFloor(out, row, floor);
      }
    }
  }

  private String cell(Row row, String peer) {
    double figure = figure(row, peer);
    if (Double.isNaN(figure)) {
      return "no figure";
    }
    StringBuilder cell = new StringBuilder();
    if (results.median(row, peer, "stuck") > 0) {
      cell.append("STUCK ");
    } else if (results.median(row, peer, "timeouts") > 0) {
      cell.append("TIMEOUTS ");
    }
    cell.append(row.metric().format(figure));
    double ours = figure(row, OURS);
    if (!peer.equals(OURS) && !Double.isNaN(ours)) {
      cell.append(" (%.2fx)".formatted(row.metric().ratio(ours, figure)));
    }
    return cell.toString();
  }

  private double figure(Row row, String peer) {
    return results.median(row, peer, row.metric().field());
  }

  private void printFloor(PrintStream out, Row row, Floor floor) {
    String rival = floor.rival().equals(Floor.BEST) ? best(row) : floor.rival();
    double reached =
        floor.rival().equals(Floor.IDEAL)
            ? results.median(row, OURS, "ideal_ratio")
            : row.metric().ratio(figure(row, OURS), figure(row, rival));
    String verdict = Double.isNaN(reached) ? "-" : reached >= floor.least() ? "holds" : "MISSED";
    String named = floor.rival().equals(Floor.BEST) ? "best peer, " + rival : rival;
    out.printf(
        "%-7s %-16s %.2fx vs %s (floor %.2fx)%n",
        verdict, row.name(), reached, named, floor.least());
  }

  /** The peer with the smallest ratio. */
  private String best(Row row) {
    double ours = figure(row, OURS);
    String best = "none";
    double least = Double.POSITIVE_INFINITY;
    for (String peer : peers) {
      double ratio = row.metric().ratio(ours, figure(row, peer));
      if (!peer.equals(OURS) && ratio < least) {
        least = ratio;
        best = peer;
      }
    }
    return best;
  }
}
