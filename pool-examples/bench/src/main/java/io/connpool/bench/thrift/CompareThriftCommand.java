package io.connpool.bench.thrift;

import io.connpool.bench.harness.CompareCommand;
import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Row;
import io.connpool.bench.thrift.peer.Peers;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** All ways to call a Thrift server, under all loads. */
@Command(name = "thrift", description = "Compares calls of a Thrift server.")
public final class CompareThriftCommand extends CompareCommand {
  private static final Effort FULL = new Effort(2, 5, 0.3, 15);
  private static final Effort QUICK = new Effort(1, 2, 0.3, 5);

  @Override
  protected List<Row> allRows() {
    return ThriftRows.ALL;
  }

  @Override
  protected String ours() {
    return "connpool-proxy";
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
}
