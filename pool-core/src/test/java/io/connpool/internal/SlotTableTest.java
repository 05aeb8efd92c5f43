package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where a thread looks first. */
@Timeout(30)
class SlotTableTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  /** Its connection is still in the cache of its processor; the first one would be as good else. */
  @Test
  void aThreadGetsTheConnectionThatItHadLast() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Lease<FakeConn> first = pool.acquire()) {
      other.submit(() -> pool.call(FakeConn::id)).get(); // dials the second one
      assertEquals(2, other.submit(() -> pool.call(FakeConn::id)).get(), first + " is out");
    }

    assertEquals(2, other.submit(() -> pool.call(FakeConn::id)).get());
    assertEquals(1, pool.call(FakeConn::id));
    other.shutdown();
  }
}
