package io.connpool.programs;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.micrometer.PoolMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;

/** A pool's figures in a Micrometer registry. */
public final class Metrics {
  private Metrics() {}

  /** Reads them while one connection is out; in a program of yours Prometheus would. */
  public static void main(String[] arguments) throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (LineServer server = new LineServer();
        ConnPool<LineClient> pool =
            ConnPool.builder(ctx -> new LineClient(server.port()))
                .name("orders")
                .maxActive(4)
                .listener(PoolMetrics.to(registry))
                .build()) {
      String unused = pool.call(client -> client.ask("one"));
      try (Lease<LineClient> lease = pool.acquire()) {
        lease.get().ask("two");
        for (String name : List.of("active", "idle", "pending", "max")) {
          System.out.printf(
              "connpool.connections.%s{pool=orders} %.0f%n",
              name, registry.get("connpool.connections." + name).gauge().value());
        }
      }
      System.out.printf(
          "leases so far: %.0f%n",
          registry.get("connpool.connections.usage").functionTimer().count());
    }
    System.out.println("meters after the close: " + registry.getMeters().size());
  }
}
