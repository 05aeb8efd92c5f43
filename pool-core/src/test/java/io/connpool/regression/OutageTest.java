package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.PoolClosedException;
import io.connpool.PoolException;
import io.connpool.PoolStats;
import io.connpool.net.Dialer;
import io.connpool.net.Probe;
import io.connpool.testkit.FlakyServerProcess;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server process that is gone, or frozen, for a while under the calls of 64 threads.
 *
 * <p>The long run has the figures of the promise, ten seconds of outage and one second until
 * everybody is served: {@code mvn -q -B -pl pool-core test -Dtest=OutageTest -Doutage.seconds=10}.
 * In the short one a second is not asked of a machine that may be busy with other tests.
 */
@Timeout(120)
class OutageTest {
  private static final Integer SECONDS = Integer.getInteger("outage.seconds");
  private static final Duration OUTAGE = Duration.ofSeconds(SECONDS == null ? 2 : SECONDS);
  private static final Duration BACK_WITHIN = Duration.ofSeconds(SECONDS == null ? 20 : 1);
  private static final int CALLERS = 64;
  private static final int DIALS_AT_ONCE = 4;

  /** The pauses between failed dials grow from 50 ms to 500 ms, each at random down to nothing. */
  private static final long ROUNDS_OF_DIALS = OUTAGE.toMillis() / 50 + 10;

  private static final Duration ANSWER_LIMIT = Duration.ofMillis(500);

  private final AtomicInteger questions = new AtomicInteger();
  private final AtomicInteger attempts = new AtomicInteger();
  private final AtomicInteger dialing = new AtomicInteger();
  private final AtomicInteger mostDialing = new AtomicInteger();
  private final ConcurrentLinkedQueue<SocketChannel> dialed = new ConcurrentLinkedQueue<>();
  private final List<CallerThread> callers = new ArrayList<>();
  private volatile boolean over;

  /** Asks until it is over, and remembers when it was last answered and when it last failed. */
  private final class CallerThread extends Thread {
    private final ConnPool<SocketChannel> pool;
    private final AtomicLong answers = new AtomicLong();
    private volatile long lastAnswer;
    private volatile long lastFailure = System.nanoTime();
    private volatile Throwable wrong;

    CallerThread(ConnPool<SocketChannel> pool, int number) {
      super("outage-caller-" + number);
      this.pool = pool;
      setDaemon(true);
    }

    @Override
    public void run() {
      while (!over) {
        try {
          pool.run(channel -> ask(channel, ANSWER_LIMIT));
          lastAnswer = System.nanoTime();
          answers.incrementAndGet();
        } catch (PoolClosedException end) {
          return;
        } catch (IOException | PoolException expected) {
          lastFailure = System.nanoTime();
        } catch (Throwable defect) {
          wrong = defect;
          return;
        }
      }
    }
  }

  @AfterEach
  void end() {
    over = true;
  }

  @Test
  void afterAKilledServerIsBackEverybodyIsServedAtOnceAndNothingIsLeftOver() throws Exception {
    try (FlakyServerProcess server = FlakyServerProcess.start("answerLines")) {
      outage(server, server::kill, server::restart);
    }
  }

  @Test
  void afterAFrozenServerGoesOnEverybodyIsServedAtOnceAndNothingIsLeftOver() throws Exception {
    try (FlakyServerProcess server = FlakyServerProcess.start("answerLines")) {
      outage(server, server::pause, server::resume);
    }
  }

  private interface Event {
    void happens() throws IOException, InterruptedException;
  }

  private void outage(FlakyServerProcess server, Event begins, Event ends) throws Exception {
    ConnPool<SocketChannel> pool = poolTo(server);
    for (int i = 0; i < CALLERS; i++) {
      callers.add(new CallerThread(pool, i));
    }
    callers.forEach(Thread::start);
    eventually(
        () -> "everybody is served", () -> callers.stream().allMatch(c -> c.answers.get() > 0));

    begins.happens();
    long gone = System.nanoTime();
    int before = attempts.get();
    TimeUnit.NANOSECONDS.sleep(OUTAGE.toNanos()); // this is the outage itself
    int meanwhile = attempts.get() - before;
    ends.happens();
    long back = System.nanoTime();
    eventually(
        () -> "everybody is served again; " + pool.stats(),
        () -> callers.stream().allMatch(c -> c.lastAnswer - back > 0 || c.wrong != null));
    long slowest = callers.stream().mapToLong(c -> c.lastAnswer).max().orElseThrow() - back;
    eventually(
        () -> "nobody fails any more; " + pool.stats(),
        () -> callers.stream().allMatch(c -> c.lastAnswer - c.lastFailure > 0 || c.wrong != null));
    over = true;
    for (CallerThread caller : callers) {
      caller.join();
      assertEquals(null, caller.wrong, caller::getName);
      assertTrue(
          caller.lastFailure - back < BACK_WITHIN.toNanos(),
          () -> caller.getName() + " failed later than " + BACK_WITHIN + " after it was back");
    }
    System.out.printf(
        "outage of %d ms: %d dials meanwhile, all %d callers served %d ms after it%n",
        (back - gone) / 1_000_000, meanwhile, CALLERS, slowest / 1_000_000);
    assertTrue(slowest < BACK_WITHIN.toNanos(), () -> "served after " + slowest + " ns");
    assertTrue(meanwhile > 0, "it is looked for");
    assertTrue(meanwhile <= DIALS_AT_ONCE * ROUNDS_OF_DIALS, () -> meanwhile + " dials");
    assertTrue(mostDialing.get() <= DIALS_AT_ONCE, () -> mostDialing + " dials at once");
    closeAndLookForRemains(pool);
  }

  private void closeAndLookForRemains(ConnPool<SocketChannel> pool) {
    assertTrue(pool.close(Duration.ofSeconds(20)), "nothing had to be forced");
    PoolStats stats = pool.stats();
    assertEquals(stats.dialed(), stats.closed(), stats::toString);
    assertEquals(0, stats.total() + stats.dialing() + stats.pending(), stats::toString);
    eventually(
        () -> "every socket is closed", () -> dialed.stream().noneMatch(SocketChannel::isOpen));
    eventually(() -> "left: " + threads(), () -> threads().isEmpty());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("connpool-outage") || name.startsWith("outage-"))
        .toList();
  }

  private ConnPool<SocketChannel> poolTo(FlakyServerProcess server) {
    Dialer dialer = Dialer.to(server.endpoint());
    return ConnPool.<SocketChannel>builder(
            (DialContext context) -> {
              attempts.incrementAndGet();
              mostDialing.accumulateAndGet(dialing.incrementAndGet(), Math::max);
              try {
                SocketChannel channel = dialer.connect(context);
                dialed.add(channel);
                return channel;
              } finally {
                dialing.decrementAndGet();
              }
            })
        .heartbeat(this::ask)
        .probe(Probe::check)
        .name("outage")
        .maxActive(16)
        .maxConcurrentDials(DIALS_AT_ONCE)
        .dialTimeout(ANSWER_LIMIT)
        .acquireTimeout(OUTAGE.plusSeconds(60))
        .build();
  }

  /** One question, whose answer carries it; a late answer to another one would show. */
  private void ask(SocketChannel channel, Duration limit) throws IOException {
    String question = "q" + questions.incrementAndGet();
    channel.write(ByteBuffer.wrap((question + "\n").getBytes(UTF_8)));
    channel.socket().setSoTimeout((int) Math.max(1, limit.toMillis()));
    InputStream in = channel.socket().getInputStream();
    StringBuilder answer = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      answer.append((char) next);
    }
    assertEquals("answer " + question, answer.toString());
  }
}
