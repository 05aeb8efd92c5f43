package io.connpool.bench.tcp;

import io.connpool.bench.harness.CompareCommand;
import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Results;
import io.connpool.bench.harness.Row;
import io.connpool.bench.tcp.peer.Peers;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/**
 * All ways to exchange messages, with a server that leaves connections alone and one that does not.
 */
@Command(name = "tcp", description = "Compares exchanges of messages over TCP.")
public final class CompareTcpCommand extends CompareCommand {
  /** Many short turns: what else the machine does changes the rate by a third within seconds. */
  private static final Effort FULL = new Effort(2, 5, 0.3, 20);

  private static final Effort QUICK = new Effort(1, 2, 0.3, 5);

  @Override
  protected List<Row> allRows() {
    return TcpRows.ALL;
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

  /** A pool that hands out closed connections is fast, and no use. */
  @Override
  protected void printMore(PrintWriter out, Row row, List<String> measured, Results results) {
    if (row.arguments().contains(TcpCommand.CLOSE_IDLE)) {
      out.println(
          measured.stream()
              .map(peer -> "%s %.0f".formatted(peer, failed(results.of(row, peer))))
              .collect(Collectors.joining(", ", "failed exchanges, " + row.name() + ": ", "")));
    }
  }

  private static double failed(List<JsonLine> lines) {
    return lines.stream().mapToDouble(line -> line.number("failed").orElse(0)).sum();
  }
}
