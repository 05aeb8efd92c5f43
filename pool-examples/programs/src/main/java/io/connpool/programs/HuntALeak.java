package io.connpool.programs;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolEvent;
import io.connpool.PoolListener;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Somebody keeps a connection; the pool says who. */
public final class HuntALeak {
  private HuntALeak() {}

  /** Leaks one, and prints the line of this program that took it. */
  public static void main(String[] arguments) throws Exception {
    CompletableFuture<PoolEvent.LeakSuspected> told = new CompletableFuture<>();
    PoolListener watchman =
        new PoolListener() {
          @Override
          public void leakSuspected(PoolEvent.LeakSuspected event) {
            told.complete(event);
          }
        };
    try (LineServer server = new LineServer();
        ConnPool<LineClient> pool =
            ConnPool.builder(ctx -> new LineClient(server.port()))
                .leakThreshold(Duration.ofMillis(100))
                .listener(watchman)
                .build()) {
      Lease<LineClient> kept = forgetful(pool);

      PoolEvent.LeakSuspected leak = told.get(1, TimeUnit.MINUTES);
      System.out.println("out for too long, taken by thread " + leak.thread() + " in");
      Arrays.stream(leak.taken().getStackTrace())
          .filter(frame -> frame.getClassName().startsWith("io.connpool.programs"))
          .forEach(frame -> System.out.println("  " + frame.getMethodName()));
      kept.close();
    }
  }

  private static Lease<LineClient> forgetful(ConnPool<LineClient> pool) throws Exception {
    return pool.acquire(); // and nobody closes it soon
  }
}
