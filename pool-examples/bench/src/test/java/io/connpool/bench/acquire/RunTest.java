package io.connpool.bench.acquire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.acquire.peer.Conn;
import io.connpool.bench.acquire.peer.Conns;
import io.connpool.bench.acquire.peer.Peer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A benchmark that believes every pool is no benchmark: pools with faults are found out. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  private final Conns conns = new Conns();
  private final Conn only = conns.add(new Conn());

  @Test
  void lostUpdatesOfAnObjectThatTwoHeldAtOnceFailTheRun() {
    Conn elsewhere = new Conn(); // what is written to it is lost: nobody counts it in
    Peer<Conn> peer =
        new FaultyPeer() {
          @Override
          public Conn conn(Conn held) {
            return held.uses() == 10 ? elsewhere : held;
          }
        };
    String message =
        assertThrows(IllegalStateException.class, () -> measure(peer, 1, Hold.NONE)).getMessage();
    assertTrue(
        message.endsWith("the objects saw 10: two threads held one object at once"), message);
  }

  @Test
  void aThreadThatIsNeverServedIsStuck() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    Peer<Conn> peer =
        new FaultyPeer() {
          @Override
          public Conn acquire() throws InterruptedException {
            if (asked.incrementAndGet() > 1) { // the first one fills the pool
              never.await();
            }
            return only;
          }
        };
    Outcome outcome = measure(peer, 3, Hold.NONE);
    assertEquals(3, outcome.stuck());
    assertEquals(0, outcome.served());
    never.countDown();
  }

  @Test
  void giveUpsAreCountedAndTheirWaitsToo() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Peer<Conn> peer =
        new FaultyPeer() {
          @Override
          public Conn acquire() throws TimeoutException {
            if (asked.incrementAndGet() > 1) {
              throw new TimeoutException();
            }
            return only;
          }
        };
    Outcome outcome = measure(peer, 1, Hold.PARK);
    assertEquals(0, outcome.perSecond());
    assertEquals(asked.get() - 1, outcome.timeouts());
    assertTrue(outcome.waits().getTotalCount() > 0);
  }

  @Test
  void aWaitThatOutlastsTheWindowCountsWithItsWholeLength() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    AtomicLong waited = new AtomicLong();
    AtomicReference<Run<Conn>> run = new AtomicReference<>();
    Peer<Conn> peer =
        new FaultyPeer() {
          @Override
          public Conn acquire() {
            if (asked.incrementAndGet() > 1) {
              long begin = System.nanoTime();
              while (run.get().stage != Stage.STOP) {
                Thread.onSpinWait();
              }
              waited.set(System.nanoTime() - begin);
            }
            return only;
          }
        };
    run.set(new Run<>(peer, new Load(1, false, 1, Hold.PARK, 50_000, 0, false), conns));
    Outcome outcome = run.get().measure(SHORT, SHORT, Duration.ofSeconds(10));
    assertEquals(1, outcome.waits().getTotalCount());
    assertTrue(outcome.waits().getMaxValue() >= waited.get());
  }

  @Test
  void aFailureOfAThreadFailsTheRun() {
    AtomicInteger asked = new AtomicInteger();
    Peer<Conn> peer =
        new FaultyPeer() {
          @Override
          public Conn acquire() {
            if (asked.incrementAndGet() > 1) {
              throw new IllegalArgumentException("broken pool");
            }
            return only;
          }
        };
    assertTrue(
        assertThrows(IllegalStateException.class, () -> measure(peer, 1, Hold.NONE))
            .getMessage()
            .contains("broken pool"));
  }

  private Outcome measure(Peer<Conn> peer, int threads, Hold hold) throws InterruptedException {
    Load load = new Load(threads, false, 1, hold, 0, 0, false);
    return new Run<>(peer, load, conns).measure(SHORT, SHORT, Duration.ofMillis(500));
  }

  /** Lends one object to everybody. */
  private class FaultyPeer implements Peer<Conn> {
    @Override
    public Conn acquire() throws TimeoutException, InterruptedException {
      return only;
    }

    @Override
    public Conn conn(Conn held) {
      return held;
    }

    @Override
    public void release(Conn held) {}

    @Override
    public String settings() {
      return "faulty";
    }

    @Override
    public void close() {}
  }
}
