package io.connpool.bench.mux;

import io.connpool.bench.harness.CompareCommand;
import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Results;
import io.connpool.bench.harness.Row;
import io.connpool.bench.mux.peer.Peers;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;

/** All peers under all loads. */
@Command(name = "mux", description = "Compares requests over one multiplexed connection.")
public final class CompareMuxCommand extends CompareCommand {
  private static final Effort FULL = new Effort(5, 8, 2);
  private static final Effort QUICK = new Effort(1, 4, 1.5);

  @Override
  protected List<Row> allRows() {
    return MuxRows.ALL;
  }

  @Override
  protected List<String> presentPeers() {
    return Peers.labels();
  }

  @Override
  protected Map<String, String> missingPeers() {
    return Map.of();
  }

  @Override
  protected Effort defaultEffort(boolean quickly) {
    return quickly ? QUICK : FULL;
  }

  /** Latencies, batches and garbage, of one fork: the table has but one figure per peer. */
  @Override
  protected void printMore(PrintWriter out, Row row, List<String> measured, Results results) {
    out.println();
    out.printf(
        "%-14s%22s%12s%12s%12s%14s%14s%8s%n",
        row.name(), "", "p50 us", "p99 us", "p99.9 us", "frames/write", "bytes/call", "failed");
    for (String peer : measured) {
      results.of(row, peer).stream()
          .findFirst()
          .ifPresent(
              line ->
                  out.printf(
                      "%-14s%22s%12s%12s%12s%14s%14s%8s%n",
                      "",
                      peer,
                      text(line, "p50_us"),
                      text(line, "p99_us"),
                      text(line, "p999_us"),
                      text(line, "frames_per_write"),
                      text(line, "bytes_per_call"),
                      text(line, "failed")));
    }
  }

  private static String text(JsonLine line, String field) {
    return Objects.requireNonNullElse(line.text(field), "-");
  }
}
