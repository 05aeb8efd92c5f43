package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Peers;
import io.connpool.bench.harness.CompareCommand;
import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Results;
import io.connpool.bench.harness.Row;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** All pools under all loads. */
@Command(name = "acquire", description = "Compares acquire, use and release on all pools.")
public final class CompareAcquireCommand extends CompareCommand {
  private static final Effort FULL = new Effort(3, 3, 1.5);
  private static final Effort QUICK = new Effort(1, 1, 0.6);

  @Override
  protected List<Row> allRows() {
    return AcquireRows.ALL;
  }

  @Override
  protected List<String> presentPeers() {
    return Peers.present().stream().map(Peers::label).toList();
  }

  @Override
  protected List<String> usualPeers() {
    return Peers.compared().stream().map(Peers::label).toList();
  }

  @Override
  protected Map<String, String> missingPeers() {
    Map<String, String> missing = new LinkedHashMap<>();
    for (Peers peer : Peers.values()) {
      peer.whyMissing().ifPresent(why -> missing.put(peer.label(), why));
    }
    return missing;
  }

  @Override
  protected Effort defaultEffort(boolean quickly) {
    return quickly ? QUICK : FULL;
  }

  /** A pool that serves a few of many is fast, and no use to the others. */
  @Override
  protected void printMore(PrintWriter out, Row row, List<String> measured, Results results) {
    if (row.arguments().contains(WaitsReport.OPTION)) {
      out.println();
      new WaitsReport(row, measured, results).print(out);
    }
    if (row.arguments().contains(AcquireRows.VIRTUAL)) {
      out.println(
          measured.stream()
              .map(peer -> "%s %.0f".formatted(peer, results.median(row, peer, "threads_served")))
              .collect(Collectors.joining(", ", "threads served, " + row.name() + ": ", "")));
    }
  }
}
