package io.connpool.consumer;

import io.connpool.ConnPool;
import io.connpool.Lease;
import java.util.concurrent.atomic.AtomicInteger;

/** Lends and takes back the smallest connection there is. */
final class Consumer {
  private final AtomicInteger dialed = new AtomicInteger();

  /** Uses a connection twice, one loan after the other. Returns how many were dialed for that. */
  int useTwice() throws InterruptedException {
    try (ConnPool<Thing> pool = ConnPool.builder(ctx -> dial()).name("things").build()) {
      for (int i = 0; i < 2; i++) {
        try (Lease<Thing> lease = pool.acquire()) {
          lease.get().use();
        }
      }
    }
    return dialed.get();
  }

  private Thing dial() {
    dialed.incrementAndGet();
    return new Thing("grey");
  }
}
