package io.connpool.bench.mux;

import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Metric;
import io.connpool.bench.harness.Row.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * What is compared, and what ConnPool must reach. Before the slash the body, and {@code -2p} where
 * the server has a process of its own; behind it the callers: platform threads, {@code v} virtual
 * ones, {@code a} requests in flight for which nobody waits.
 */
final class MuxRows {
  private static final String RSOCKET = "rsocket";

  /** About half of what the fastest peer can carry on two processors. */
  private static final int HALF_OF_RSOCKET = 250_000;

  static final List<Row> ALL = all();

  private MuxRows() {}

  private static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (String processes : List.of("", " --two-processes")) {
      String suffix = processes.isEmpty() ? "" : "-2p";
      rows.addAll(of("time" + suffix, processes, processes.isEmpty()));
      rows.addAll(of("1k" + suffix, " --body 1024" + processes, false));
      rows.addAll(of("64k" + suffix, " --body 65536" + processes, false));
    }
    rows.add(
        new Row(
            "paced/250k",
            arguments("--async --threads 3000 --rate " + HALF_OF_RSOCKET),
            Metric.P99,
            List.of(new Floor(RSOCKET, 1.0)),
            Scope.ALWAYS));
    return List.copyOf(rows);
  }

  private static List<Row> of(String name, String options, boolean floors) {
    Scope scope = floors ? Scope.ALWAYS : Scope.FULL_ONLY;
    return List.of(
        row(name + "/1", "--threads 1" + options, floors(floors, "connpool", 1.0), scope),
        row(name + "/64", "--threads 64" + options, floors(floors, "connpool", 1.2), scope),
        row(name + "/3000", "--threads 3000" + options, List.of(), scope),
        row(
            name + "/v3000",
            "--virtual --threads 3000" + options,
            floors(floors, "connpool", 4.0),
            floors ? Scope.VIRTUAL_THREADS : scope),
        row(
            name + "/a3000",
            "--async --threads 3000" + options,
            floors(floors, "connpool-inline", 5.0),
            scope));
  }

  private static List<Floor> floors(boolean any, String ours, double least) {
    return any ? List.of(new Floor(ours, RSOCKET, least)) : List.of();
  }

  private static Row row(String name, String options, List<Floor> floors, Scope scope) {
    return new Row(name, arguments(options), Metric.THROUGHPUT, floors, scope);
  }

  private static List<String> arguments(String options) {
    return List.of(("mux " + options).split(" +"));
  }
}
