package io.connpool.bench.acquire;

import static io.connpool.bench.harness.Row.Floor.BEST;
import static io.connpool.bench.harness.Row.Floor.IDEAL;

import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Metric;
import java.util.List;

/** What is compared, and what ConnPool must reach. The number after the slash is the threads'. */
final class AcquireRows {
  private static final List<Floor> BEST_PEER = List.of(new Floor(BEST, 1.0));

  /** All of them, on 10 objects unless the name says otherwise. */
  static final List<Row> ALL =
      List.of(
          row("free/1", "--threads 1", bare(20, 0.75)),
          row("free/2", "--threads 2", bare(40, 1.0)),
          row("free/8", "--threads 8", bare(40, 1.0)),
          row("free/64", "--threads 64", bare(40, 1.0)),
          row("size-2/8", "--threads 8 --size 2", BEST_PEER),
          row("size-100/8", "--threads 8 --size 100", BEST_PEER),
          row("hold-1us/8", "--threads 8 --hold-us 1", BEST_PEER),
          fullOnly(row("hold-1us/64", "--threads 64 --hold-us 1", BEST_PEER)),
          fullOnly(row("hold-100us/8", "--threads 8 --hold-us 100", BEST_PEER)),
          row("hold-100us/64", "--threads 64 --hold-us 100", BEST_PEER),
          row("handover/2", "--threads 2 --handover", BEST_PEER),
          row("handover/8", "--threads 8 --handover", BEST_PEER),
          virtual("virtual/yield", "--yield", BEST_PEER),
          virtual("virtual/100us", "--hold-us 100", List.of(new Floor(IDEAL, 0.95))),
          waits());

  private AcquireRows() {}

  /** The row whose waits are shown as a histogram. */
  static Row waits() {
    return new Row(
        "waits/32",
        arguments("--threads 32 --size 4 --hold-us 50 --histogram"),
        Metric.TAIL,
        BEST_PEER,
        false,
        true);
  }

  /** Floors where nothing is held: the pool alone. */
  private static List<Floor> bare(double commonsPool2, double stormpotBest) {
    return List.of(
        new Floor("hikaricp-bag", 1.0),
        new Floor("stormpot-default", 2.0),
        new Floor("stormpot-best", stormpotBest),
        new Floor("commons-pool2", commonsPool2));
  }

  private static Row row(String name, String arguments, List<Floor> floors) {
    return new Row(name, arguments(arguments), Metric.THROUGHPUT, floors, false, true);
  }

  private static Row virtual(String name, String arguments, List<Floor> floors) {
    List<String> all = arguments("--virtual --threads 10000 " + arguments);
    return new Row(name, all, Metric.THROUGHPUT, floors, true, true);
  }

  private static Row fullOnly(Row row) {
    return new Row(
        row.name(), row.arguments(), row.metric(), row.floors(), row.needsVirtualThreads(), false);
  }

  private static List<String> arguments(String options) {
    return List.of(("acquire " + options).split(" "));
  }
}
