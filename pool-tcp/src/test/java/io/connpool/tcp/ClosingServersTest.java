package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.lines;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Deadline;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.FlakyServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Servers that close connections or are killed, under load. By hand a minute and five restarts:
 * {@code -Dclosing.seconds=60 -Dclosing.restarts=5}.
 */
class ClosingServersTest {
  private static final int SECONDS = Integer.getInteger("closing.seconds", 2);
  private static final int RESTARTS = Integer.getInteger("closing.restarts", 2);

  /** A second in which all may fail, and then half of one in which nobody may. */
  private static final Duration BETWEEN_RESTARTS = Duration.ofMillis(1_500);

  /** Connections as the server saw them: those that were asked something, and all others. */
  private static final class Ends {
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger wasted = new AtomicInteger();

    /** Answers so many lines, unless the client is silent for longer than that. */
    Behaviour answering(int lines, Duration idle) {
      return connection -> {
        AtomicBoolean used = new AtomicBoolean();
        connection.readTimeout(idle);
        try {
          connection.forEachLine(
              lines,
              line -> {
                used.set(true);
                connection.answer(line);
              });
        } finally {
          (used.get() ? asked : wasted).incrementAndGet();
        }
      };
    }

    void failIfMoreThanOneDialWasWastedForEachThatWasClosed() {
      assertTrue(asked.get() > 2 * SECONDS, "it did close some");
      assertTrue(wasted.get() <= asked.get(), () -> wasted + " wasted, " + asked + " used");
    }
  }

  /** What the callers of one test have seen. */
  private static final class Load {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong answered = new AtomicLong();
    private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();

    private record Failure(long at, Throwable cause) {}

    Load(TcpPool pool, int count, Duration pauseAtMost) {
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

  /** All callers pause together, for up to twice the time: before every second round or so. */
  @Test
  void aServerThatClosesEveryIdleConnectionFailsNobody() throws Exception {
    Ends ends = new Ends();
    Duration idle = Duration.ofMillis(100);
    try (FlakyServer server = FlakyServer.start(ends.answering(Integer.MAX_VALUE, idle));
        TcpPool pool = lines(server).pool(p -> p.maxActive(8)).build()) {
      Deadline end = Deadline.after(Duration.ofSeconds(SECONDS));
      while (!end.hasPassed()) {
        Callers.all(8, caller -> askTenTimes(pool));
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(2 * idle.toMillis()));
      }
    }
    ends.failIfMoreThanOneDialWasWastedForEachThatWasClosed();
  }

  private static void askTenTimes(TcpPool pool) throws Exception {
    for (int i = 0; i < 10; i++) {
      Conversation.askIdempotent(pool);
    }
  }

  @Test
  void aServerThatClosesAfterEachAnswerFailsNobody() throws Exception {
    Ends ends = new Ends();
    try (FlakyServer server = FlakyServer.start(ends.answering(1, LIMIT));
        TcpPool pool = lines(server).pool(p -> p.maxActive(8)).build()) {
      Load load = new Load(pool, 8, Duration.ZERO);
      TimeUnit.SECONDS.sleep(SECONDS);
      load.end();
      load.failIfAnyFailed();
      assertTrue(load.answered.get() > 50 * SECONDS);
    }
    ends.failIfMoreThanOneDialWasWastedForEachThatWasClosed();
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
      Load load = new Load(pool, 64, Duration.ofMillis(20));
      List<long[]> goodTimes = new ArrayList<>();
      for (int i = 0; i < RESTARTS; i++) {
        server.restart();
        long back = System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(BETWEEN_RESTARTS.toNanos());
        goodTimes.add(new long[] {back + 1_000_000_000L, System.nanoTime()});
      }
      load.end();
      load.failIfAnyFailedIn(goodTimes);
      assertTrue(load.answered.get() > 100 * RESTARTS);
    }
  }
}
