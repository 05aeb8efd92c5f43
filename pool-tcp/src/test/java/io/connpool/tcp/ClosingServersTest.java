package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.lines;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.FlakyServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Servers that close connections under load. How long each runs is {@code -Dconnpool.load.seconds},
 * a few seconds unless told otherwise.
 */
class ClosingServersTest {
  private static final Duration LOAD = Duration.ofSeconds(Long.getLong("connpool.load.seconds", 4));

  /** What the callers of one test have seen. */
  private static final class Callers {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong answered = new AtomicLong();
    private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();

    private record Failure(long at, Throwable cause) {}

    Callers(TcpPool pool, int count, Duration pauseAtMost) {
      for (int i = 0; i < count; i++) {
        threads.add(new Thread(() -> askUntilEnded(pool, pauseAtMost)));
      }
      threads.forEach(Thread::start);
    }

    private void askUntilEnded(TcpPool pool, Duration pauseAtMost) {
      while (!ended.get()) {
        try {
          Conversation.askIdempotent(pool);
          answered.incrementAndGet();
        } catch (Throwable failure) {
          failures.add(new Failure(System.nanoTime(), failure));
        }
        if (!pauseAtMost.isZero()) {
          // Load has a rhythm; this is no waiting for something.
          LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(pauseAtMost.toNanos()));
        }
      }
    }

    void end() throws InterruptedException {
      ended.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }

    void failIfAnyFailed() {
      if (!failures.isEmpty()) {
        throw new AssertionError(failures.size() + " failed", failures.peek().cause());
      }
    }

    void failIfAnyFailedIn(List<long[]> goodTimes) {
      for (Failure failure : failures) {
        boolean unexpected = failure.cause() instanceof AssertionError;
        for (long[] time : goodTimes) {
          unexpected |= failure.at() - time[0] > 0 && failure.at() - time[1] < 0;
        }
        if (unexpected) {
          throw new AssertionError("failed while the server was there", failure.cause());
        }
      }
    }
  }

  @Test
  void aServerThatClosesEveryIdleConnectionFailsNobody() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.closeIdleAfter(Duration.ofMillis(100)));
        TcpPool pool = lines(server).pool(p -> p.maxActive(8)).build()) {
      Callers callers = new Callers(pool, 8, Duration.ofMillis(250));
      pause(LOAD);
      callers.end();
      callers.failIfAnyFailed();
      assertTrue(callers.answered.get() > 50);
      assertTrue(server.accepted() > 2, "it did close some");
    }
  }

  @Test
  void aServerThatClosesAfterEachAnswerFailsNobodyAndWastesNoDials() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.closeAfter(1));
        TcpPool pool = lines(server).pool(p -> p.maxActive(8)).build()) {
      Callers callers = new Callers(pool, 8, Duration.ZERO);
      pause(LOAD);
      callers.end();
      callers.failIfAnyFailed();
      long answered = callers.answered.get();
      assertTrue(answered > 100);
      assertTrue(
          server.accepted() <= 2 * answered,
          () -> server.accepted() + " dials for " + answered + " answers");
    }
  }

  @Test
  void aServerThatIsRestartedIsBackForEveryoneWithinASecond() throws Exception {
    try (FlakyServerProcess server = FlakyServerProcess.start("answerLines");
        TcpPool pool =
            TcpPool.to(server.endpoint())
                .framing(Framing.lines())
                .timeout(LIMIT)
                .pool(p -> p.maxActive(16))
                .build()) {
      Callers callers = new Callers(pool, 64, Duration.ofMillis(20));
      List<long[]> goodTimes = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        server.restart();
        long back = System.nanoTime();
        pause(Duration.ofMillis(1_500));
        goodTimes.add(new long[] {back + 1_000_000_000L, System.nanoTime()});
      }
      callers.end();
      callers.failIfAnyFailedIn(goodTimes);
      assertEquals(5, goodTimes.size());
      assertTrue(callers.answered.get() > 1_000);
    }
  }

  private static void pause(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis());
  }
}
