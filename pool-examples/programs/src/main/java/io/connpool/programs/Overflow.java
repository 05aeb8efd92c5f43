package io.connpool.programs;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;

/** A peak is served by connections beyond maxActive, which do not stay. */
public final class Overflow {
  private Overflow() {}

  /** Takes three leases where one connection is normal and two are the limit. */
  public static void main(String[] arguments) throws Exception {
    try (LineServer server = new LineServer();
        ConnPool<LineClient> pool =
            ConnPool.builder(ctx -> new LineClient(server.port()))
                .maxActive(1)
                .whenExhausted(WhenExhausted.OVERFLOW)
                .hardMax(2)
                .build()) {
      try (Lease<LineClient> normal = pool.acquire();
          Lease<LineClient> surplus = pool.acquire()) {
        System.out.println("first answer: " + normal.get().ask("one"));
        System.out.println("beyond maxActive: " + surplus.get().ask("two"));
        try (Lease<LineClient> tooMany = pool.acquire()) {
          System.out.println("not possible: " + tooMany.get().ask("three"));
        } catch (PoolExhaustedException refused) {
          System.out.println("beyond hardMax: refused");
        }
      }
      System.out.println("closed: " + pool.stats().closedBy() + ", left: " + pool.stats().total());
    }
  }
}
