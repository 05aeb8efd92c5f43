package io.connpool.bench.thrift;

import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Metric;
import io.connpool.bench.harness.Row.Scope;
import java.util.List;

/**
 * What is compared, and what ConnPool must reach. The number after the slash is the callers';
 * requests and answers have 16 characters where the name does not say 4k.
 */
final class ThriftRows {
  static final List<Row> ALL =
      List.of(
          platform("small/1", "--threads 1", Scope.ALWAYS),
          platform("small/8", "--threads 8", Scope.ALWAYS),
          platform("small/64", "--threads 64", Scope.ALWAYS),
          overMux("small/256", "--threads 256", 1.1, Scope.ALWAYS),
          overMux("virtual/256", "--threads 256 --virtual", 3.0, Scope.VIRTUAL_THREADS),
          platform("4k/1", "--threads 1 --payload 4096", Scope.ALWAYS),
          platform("4k/8", "--threads 8 --payload 4096", Scope.FULL_ONLY),
          platform("4k/64", "--threads 64 --payload 4096", Scope.ALWAYS),
          platform("4k/256", "--threads 256 --payload 4096", Scope.FULL_ONLY),
          platform(
              "virtual-4k/256", "--threads 256 --virtual --payload 4096", Scope.VIRTUAL_THREADS));

  private static final String PROXY = "connpool-proxy";

  private ThriftRows() {}

  private static Row platform(String name, String options, Scope scope) {
    return new Row(name, arguments(options), Metric.THROUGHPUT, pooled(), scope);
  }

  private static Row overMux(String name, String options, double least, Scope scope) {
    Floor mux = new Floor("connpool-mux", PROXY, least);
    List<Floor> floors = List.of(pooled().get(0), pooled().get(1), mux);
    return new Row(name, arguments(options), Metric.THROUGHPUT, floors, scope);
  }

  /** A pool costs next to nothing beside a round trip. */
  private static List<Floor> pooled() {
    return List.of(
        new Floor(PROXY, "dedicated", 0.95), new Floor("connpool-call", "dedicated", 0.95));
  }

  private static List<String> arguments(String options) {
    return List.of(("thrift " + options).split(" "));
  }
}
