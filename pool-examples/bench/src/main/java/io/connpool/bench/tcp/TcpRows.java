package io.connpool.bench.tcp;

import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Metric;
import io.connpool.bench.harness.Row.Scope;
import java.util.List;

/**
 * What is compared, and what ConnPool must reach. The number after the slash is the callers'. In
 * rows that are named closing, the server closes connections that were silent for 20 ms, and
 * callers pause for up to 40 ms after every 50 exchanges.
 */
final class TcpRows {
  /** A pool costs next to nothing beside a round trip. */
  private static final List<Floor> FLOORS = List.of(new Floor("dedicated", 0.95));

  static final List<Row> ALL =
      List.of(
          row("64b/1", "--threads 1 --payload 64", FLOORS),
          row("64b/8", "--threads 8 --payload 64", FLOORS),
          row("64b/64", "--threads 64 --payload 64", FLOORS),
          row("4k/1", "--threads 1 --payload 4096", FLOORS),
          row("4k/8", "--threads 8 --payload 4096", FLOORS),
          row("4k/64", "--threads 64 --payload 4096", FLOORS),
          closing("closing-64b/1", "--threads 1 --payload 64"),
          closing("closing-64b/8", "--threads 8 --payload 64"),
          closing("closing-64b/64", "--threads 64 --payload 64"),
          closing("closing-4k/1", "--threads 1 --payload 4096"),
          closing("closing-4k/8", "--threads 8 --payload 4096"),
          closing("closing-4k/64", "--threads 64 --payload 4096"));

  private TcpRows() {}

  private static Row row(String name, String options, List<Floor> floors) {
    List<String> arguments = List.of(("tcp " + options).split(" "));
    return new Row(name, arguments, Metric.THROUGHPUT, floors, Scope.ALWAYS);
  }

  private static Row closing(String name, String options) {
    return row(name, options + " " + TcpCommand.CLOSE_IDLE + " 20 --burst 50", List.of());
  }
}
