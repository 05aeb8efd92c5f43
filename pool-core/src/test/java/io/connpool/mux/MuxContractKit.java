package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.ThrowingSupplier;

/** What the parts of {@link MuxContract} need: servers, clients, and how a call failed. */
@Timeout(60)
abstract class MuxContractKit {
  static final Duration SHORT = Duration.ofMillis(50);

  @RegisterExtension final MuxWorld world;

  MuxContractKit(Carrier carrier) {
    world = new MuxWorld(carrier);
  }

  /** Holds every request until the test lets it go. */
  static final class Held implements MuxHandler {
    final CountDownLatch letGo = new CountDownLatch(1);
    final AtomicInteger begun = new AtomicInteger();
    final Queue<MuxRequest> requests = new ConcurrentLinkedQueue<>();

    @Override
    public byte[] onRequest(MuxRequest request) throws Exception {
      requests.add(request);
      begun.incrementAndGet();
      letGo.await();
      return request.body();
    }

    void awaitBegun(int count) {
      eventually(() -> begun + " of " + count + " begun", () -> begun.get() == count);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static MuxException failureOf(ThrowingSupplier<?> body) {
    return assertThrows(MuxException.class, body::get);
  }

  static MuxException failureOf(CompletableFuture<?> future) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS));
    return assertInstanceOf(MuxException.class, failure.getCause());
  }

  static void assertFailed(Reason reason, Delivery delivery, MuxException failure) {
    assertEquals(reason, failure.reason(), failure::toString);
    assertEquals(delivery, failure.delivery(), failure::toString);
  }
}
