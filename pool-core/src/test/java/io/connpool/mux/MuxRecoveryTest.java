package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.PoolException;
import io.connpool.testkit.FlakyServerProcess;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server process that is killed, restarted and stopped under 64 callers of a pool. With {@code
 * -Dmux.outages=5 -Dmux.outage=10s} at its full size.
 */
@Timeout(180)
class MuxRecoveryTest {
  private static final int CALLERS = 64;
  private static final int OUTAGES = Integer.getInteger("mux.outages", 2);
  private static final Duration OUTAGE =
      Duration.parse("PT" + System.getProperty("mux.outage", "0.5s"));

  /** What was under way when the server came back may end within this. */
  private static final Duration RECOVERY = Duration.ofSeconds(1);

  private final AtomicLong numbers = new AtomicLong();
  private final AtomicInteger answered = new AtomicInteger();
  private final ConcurrentLinkedQueue<Throwable> surprises = new ConcurrentLinkedQueue<>();
  private final List<Thread> callers = new ArrayList<>();
  private FlakyServerProcess server;
  private ConnPool<MuxConnection> pool;
  private volatile boolean over;

  /** While this is set every failure is a surprise. */
  private volatile boolean mustWork;

  @BeforeEach
  void begin() throws Exception {
    server = FlakyServerProcess.start(EchoProcess.class, "echo");
    MuxOptions options =
        MuxOptions.builder()
            .pingAfter(Duration.ofMillis(300))
            .pingTimeout(Duration.ofMillis(300))
            .timeout(Duration.ofSeconds(60))
            .build();
    pool =
        ConnPool.builder(MuxTransport.to(server.endpoint()).options(options))
            .maxActive(2)
            .acquireTimeout(Duration.ofSeconds(60))
            .build();
    for (int i = 0; i < CALLERS; i++) {
      Thread caller = new Thread(this::ask, "caller");
      caller.start();
      callers.add(caller);
    }
    serves();
  }

  @AfterEach
  void end() throws Exception {
    over = true;
    for (Thread caller : callers) {
      caller.join();
    }
    assertTrue(pool.close(Duration.ofSeconds(20)), "ends in time");
    server.close();
    assertEquals(List.of(), List.copyOf(surprises));
    assertEquals(0, pool.stats().total());
  }

  private void ask() {
    while (!over) {
      byte[] question = ByteBuffer.allocate(8).putLong(numbers.incrementAndGet()).array();
      boolean hadToWork = mustWork;
      try {
        assertArrayEquals(question, pool.call(connection -> connection.call(question)));
        answered.incrementAndGet();
      } catch (MuxException failure) {
        // Nobody but the one who may have been run is told of an outage.
        if (failure.delivery() != MuxException.Delivery.MAYBE_SENT || (hadToWork && mustWork)) {
          surprises.add(failure);
        }
      } catch (DialException refused) { // a dial that fails fails one of those who wait for it
        if (hadToWork && mustWork) {
          surprises.add(refused);
        }
      } catch (PoolException | InterruptedException | AssertionError failure) {
        surprises.add(failure);
      }
    }
  }

  /** So many more answers that every caller has had one. */
  private void serves() {
    int before = answered.get();
    eventually(() -> "serves, " + pool.stats(), () -> answered.get() > before + 10 * CALLERS);
  }

  private void isBack() throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(RECOVERY.toNanos());
    mustWork = true;
    serves();
    mustWork = false;
  }

  @Test
  void aServerThatIsRestartedIsUsedAgainAndOnlyWhatMayHaveBeenRunFails() throws Exception {
    for (int i = 0; i < OUTAGES; i++) {
      server.kill();
      TimeUnit.NANOSECONDS.sleep(OUTAGE.toNanos());
      server.restart();
      isBack();
    }
    long dialed = pool.stats().dialed();
    assertTrue(dialed <= 3L * (OUTAGES + 1), () -> dialed + " connections for " + OUTAGES);
  }

  @Test
  void aServerThatIsStoppedIsGivenUpAndUsedAgainWhenItGoesOn() throws Exception {
    server.pause();
    eventually(() -> "given up: " + pool.stats(), () -> pool.stats().total() == 0);
    TimeUnit.NANOSECONDS.sleep(OUTAGE.toNanos());
    server.resume();
    eventually(() -> "dialed again", () -> pool.stats().total() > 0);
    isBack();
  }
}
