package io.connpool.bench.harness;

import io.connpool.bench.harness.Row.Floor;
import java.io.PrintWriter;
import java.util.List;

/** The report of a comparison: each figure, how much better ours is, and whether floors hold. */
public final class RatioTable {
  private final String ours;
  private final List<Row> rows;
  private final List<String> peers;
  private final Results results;

  /**
   * Makes a report.
   *
   * @param ours whose ratios to the others are printed
   * @param rows in order
   * @param peers in order
   * @param results of all
   */
  public RatioTable(String ours, List<Row> rows, List<String> peers, Results results) {
    this.ours = ours;
    this.rows = rows;
    this.peers = peers;
    this.results = results;
  }

  /**
   * Prints the figures.
   *
   * @param out where to
   */
  public void print(PrintWriter out) {
    out.printf("%-14s", "");
    peers.forEach(peer -> out.printf("%22s", peer));
    out.println();
    for (Row row : rows) {
      out.printf("%-14s", row.name());
      peers.forEach(peer -> out.printf("%22s", cell(row, peer)));
      out.println();
    }
    out.println(
        """
        Per second: the more the better. Times: p99.99 of the waits, or p99 of the calls at a fixed rate, the less the better.
        In brackets: how many times better %s is. Medians of all rounds.
        ! timeouts or failures, !! threads that never came back."""
            .formatted(ours));
  }

  private String cell(Row row, String peer) {
    double figure = results.figure(row, peer);
    if (Double.isNaN(figure)) {
      return "no figure";
    }
    String cell = trouble(row, peer) + row.metric().format(figure);
    double ratio = results.ratio(row, ours, peer);
    return peer.equals(ours) || Double.isNaN(ratio) ? cell : "%s (%.2fx)".formatted(cell, ratio);
  }

  private String trouble(Row row, String peer) {
    if (results.any(row, peer, "stuck")) {
      return "!! ";
    }
    return results.any(row, peer, "timeouts") || results.any(row, peer, "failed") ? "! " : "";
  }

  /**
   * Prints which floors hold, as far as they were measured.
   *
   * @param out where to
   */
  public void printFloors(PrintWriter out) {
    for (Row row : rows) {
      for (Floor floor : row.floors()) {
        String rival = floor.rival().equals(Floor.BEST) ? best(row, floor.ours()) : floor.rival();
        double reached = reached(row, floor.ours(), rival);
        if (!Double.isNaN(reached)) {
          out.printf(
              "%-7s %-14s %7.3fx %s%s%s, floor %.2fx%n",
              reached >= floor.least() ? "holds" : "MISSED",
              row.name(),
              reached,
              floor.ours().equals(Floor.CONNPOOL) ? "" : floor.ours() + " vs ",
              rival,
              rival.equals(floor.rival()) ? "" : ", the best peer",
              floor.least());
        }
      }
    }
  }

  private double reached(Row row, String who, String rival) {
    return rival.equals(Floor.IDEAL)
        ? results.median(row, who, "ideal_ratio")
        : results.ratio(row, who, rival);
  }

  /** The peer to which its ratio is smallest. */
  private String best(Row row, String who) {
    String best = Floor.BEST;
    double least = Double.POSITIVE_INFINITY;
    for (String peer : peers) {
      double ratio = reached(row, who, peer);
      if (!peer.equals(who) && ratio < least) {
        least = ratio;
        best = peer;
      }
    }
    return best;
  }
}
