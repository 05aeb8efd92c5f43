package io.connpool.internal;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.ConnPool;
import io.connpool.PoolEvent;
import io.connpool.PoolEvent.Down;
import io.connpool.PoolEvent.Up;
import io.connpool.PoolsUnderTest;
import io.connpool.testkit.EventRecorder;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One dial fails, so that the endpoint seems to be down, while another one succeeds. */
@Timeout(60)
class DownAndUpTest {
  private final CountDownLatch bothDial = new CountDownLatch(2);
  private final CountDownLatch seemsDown = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  /** Stops whoever notes since when the endpoint is down. */
  private final class StoppingClock implements Environment.Clock {
    @Override
    public long nanoTime() {
      boolean noted =
          StackWalker.getInstance()
              .walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals("down")));
      if (noted) {
        seemsDown.countDown();
        uninterrupted(goOn);
      }
      return SystemClock.INSTANCE.nanoTime();
    }

    @Override
    public void parkUntil(Object blocker, long moment) {
      SystemClock.INSTANCE.parkUntil(blocker, moment);
    }

    @Override
    public void park(Object blocker) {
      SystemClock.INSTANCE.park(blocker);
    }

    @Override
    public void unpark(Thread thread) {
      SystemClock.INSTANCE.unpark(thread);
    }
  }

  private static void uninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException never) {
      throw new AssertionError(never);
    }
  }

  @Test
  void whoeverHearsThatItIsDownAlsoHearsThatItIsUp() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    EventRecorder heard = new EventRecorder();
    Environment world =
        new Environment(
            new StoppingClock(),
            SharedTimers.join(),
            Workers.create("down-and-up"),
            Relay.SHARED,
            new Random(1));
    try (ConnPool<AutoCloseable> pool =
        PoolsUnderTest.build(
            ConnPool.<AutoCloseable>builder(
                    context -> {
                      boolean first = attempts.incrementAndGet() == 1;
                      bothDial.countDown();
                      if (first) {
                        bothDial.await();
                        throw new IOException("refused");
                      }
                      seemsDown.await();
                      return () -> {};
                    })
                .maxActive(2)
                .failFastAfter(1)
                .listener(heard),
            world)) {
      pool.acquireAsync();
      pool.acquireAsync();
      eventually(pool, "the other one is there", stats -> stats.total() == 1);

      goOn.countDown();

      heard.await(Up.class);
      List<? extends PoolEvent> told =
          heard.events().stream().filter(e -> e instanceof Down || e instanceof Up).toList();
      assertEquals(2, told.size(), told::toString);
      assertEquals(Down.class, told.get(0).getClass());
    }
  }
}
