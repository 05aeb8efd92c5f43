package io.connpool.bench.acquire;

import static io.connpool.bench.harness.Row.Floor.BEST;
import static io.connpool.bench.harness.Row.Floor.IDEAL;

import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Metric;
import io.connpool.bench.harness.Row.Scope;
import java.util.List;

/**
 * What is compared, on 10 objects where the name does not say otherwise, and what ConnPool must
 * reach. The number after the slash is the threads'.
 */
final class AcquireRows {
  static final String VIRTUAL = "--virtual";

  private static final List<Floor> BEST_PEER = List.of(new Floor(BEST, 1.0));

  static final List<Row> ALL =
      List.of(
          row("free/1", "--threads 1", poolAlone(0.75, 20)),
          row("free/2", "--threads 2", poolAlone(1.0, 40)),
          row("free/8", "--threads 8", poolAlone(1.0, 40)),
          row("free/64", "--threads 64", poolAlone(1.0, 40)),
          row("size-2/8", "--threads 8 --size 2", BEST_PEER),
          row("size-100/8", "--threads 8 --size 100", BEST_PEER),
          row("hold-1us/8", "--threads 8 --hold-us 1", BEST_PEER),
          fullOnly("hold-1us/64", "--threads 64 --hold-us 1", BEST_PEER),
          fullOnly("hold-100us/8", "--threads 8 --hold-us 100", BEST_PEER),
          row("hold-100us/64", "--threads 64 --hold-us 100", BEST_PEER),
          row("handover/2", "--threads 2 --handover", BEST_PEER),
          row("handover/8", "--threads 8 --handover", BEST_PEER),
          virtual("virtual-yield", "--yield", BEST_PEER),
          virtual("virtual-100us", "--hold-us 100", List.of(new Floor(IDEAL, 0.95))),
          waits("waits-greedy", "--threads 32 --size 4 --hold-us 50"),
          waits("waits-paced", "--threads 32 --size 4 --hold-us 50 --think-us 100"));

  private AcquireRows() {}

  /** Floors where nothing is held. */
  private static List<Floor> poolAlone(double stormpotBest, double commonsPool2) {
    return List.of(
        new Floor("hikaricp-bag", 1.0),
        new Floor("stormpot-default", 2.0),
        new Floor("stormpot-best", stormpotBest),
        new Floor("commons-pool2", commonsPool2));
  }

  private static Row row(String name, String options, List<Floor> floors) {
    return new Row(name, arguments(options), Metric.THROUGHPUT, floors, Scope.ALWAYS);
  }

  private static Row fullOnly(String name, String options, List<Floor> floors) {
    return new Row(name, arguments(options), Metric.THROUGHPUT, floors, Scope.FULL_ONLY);
  }

  private static Row virtual(String name, String options, List<Floor> floors) {
    List<String> arguments = arguments(VIRTUAL + " --threads 10000 " + options);
    return new Row(name, arguments, Metric.THROUGHPUT, floors, Scope.VIRTUAL_THREADS);
  }

  /** Greedy threads ask again at once, and so compete with those that wait; paced ones pause. */
  private static Row waits(String name, String options) {
    List<String> arguments = arguments(options + " " + WaitsReport.OPTION);
    return new Row(name, arguments, Metric.TAIL, BEST_PEER, Scope.ALWAYS);
  }

  private static List<String> arguments(String options) {
    return List.of(("acquire " + options).split(" "));
  }
}
