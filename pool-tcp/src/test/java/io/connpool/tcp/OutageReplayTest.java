package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.PoolException;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyConnection;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * The classic outage: a caller gives up, its answer comes later, and another caller reads it as its
 * own. Every question is unique, so one wrong answer among thousands is seen.
 */
class OutageReplayTest {
  private static final int CALLERS = 8;
  private static final int EXCHANGES = 10_000;
  private static final AtomicInteger GAVE_UP = new AtomicInteger();

  /** Answers with these words in a question are given in a special way; all others plainly. */
  private static void serve(FlakyConnection connection, String line)
      throws IOException, InterruptedException {
    if (line.startsWith("late")) {
      connection.pause(Duration.ofMillis(50));
      connection.answer(line);
    } else if (line.startsWith("half")) {
      connection.answerHalf(line);
      connection.pause(Duration.ofMillis(50));
    } else if (line.startsWith("reset")) {
      connection.reset();
    } else if (line.startsWith("bye")) {
      connection.answer(line);
      connection.send("go away\n");
      connection.close();
    } else if (line.startsWith("drip")) {
      connection.answerInDrips(line, Duration.ofMillis(1));
    } else {
      connection.answer(line);
    }
  }

  private static Behaviour manners() {
    return connection -> connection.forEachLine(line -> serve(connection, line));
  }

  @Test
  void anAnswerThatComesAfterItsCallerGaveUpReachesNobody() throws Exception {
    CountDownLatch gaveUp = new CountDownLatch(1);
    Behaviour late =
        connection ->
            connection.forEachLine(
                1,
                line -> {
                  gaveUp.await();
                  connection.pause(Duration.ofMillis(50));
                  connection.answer(line);
                });
    try (FlakyServer server = FlakyServer.start(late, manners());
        TcpPool pool = lines(server).pool(p -> p.maxActive(1)).build()) {
      assertThrows(
          SocketTimeoutException.class,
          () -> pool.pool().run(conn -> conn.exchange(bytes("one"), Duration.ofMillis(10))));
      gaveUp.countDown();
      for (int i = 0; i < EXCHANGES; i++) {
        ask(pool);
      }
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void whateverBecomesOfSomeCallersNoOtherGetsAWrongAnswer() throws Exception {
    try (FlakyServer server = FlakyServer.start(manners());
        TcpPool pool = lines(server).pool(p -> p.maxActive(4)).build()) {
      AtomicReference<Throwable> wrong = new AtomicReference<>();
      AtomicInteger answered = new AtomicInteger();
      List<Thread> callers = new ArrayList<>();
      for (int c = 0; c < CALLERS; c++) {
        callers.add(
            new Thread(
                () -> {
                  try {
                    while (answered.get() < EXCHANGES && wrong.get() == null) {
                      Conversation.askIdempotent(pool);
                      answered.incrementAndGet();
                    }
                  } catch (Throwable failure) {
                    wrong.compareAndSet(null, failure);
                  }
                }));
      }
      callers.forEach(Thread::start);
      int troubles = 0;
      while (callers.stream().anyMatch(Thread::isAlive)) {
        makeTrouble(pool, troubles++);
      }
      for (Thread caller : callers) {
        caller.join();
      }
      if (wrong.get() != null) {
        throw new AssertionError(wrong.get());
      }
      assertTrue(troubles > 10);
      assertTrue(GAVE_UP.get() > 0, "some gave up");
      assertTrue(server.accepted() > 10, "the troubles had consequences");
    }
  }

  private static void makeTrouble(TcpPool pool, int number) throws Exception {
    Duration moment = Duration.ofMillis(5);
    switch (number % 6) {
      case 0 -> rightOrFailed(pool, "late " + number, moment);
      case 1 -> fails(() -> pool.exchange(bytes("half " + number), moment));
      case 2 -> fails(() -> pool.exchange(bytes("reset " + number), LIMIT));
      case 3 -> {
        String drip = "drip " + number;
        Conversation.expect(drip, Conversation.text(pool.exchange(bytes(drip), LIMIT)));
      }
      case 4 -> fails(() -> interrupted(pool, "late and interrupted " + number));
      default -> fails(() -> interrupted(pool, "half and interrupted " + number));
    }
  }

  /** On a busy machine the limit may come after the answer. */
  private static void rightOrFailed(TcpPool pool, String question, Duration limit)
      throws InterruptedException {
    try {
      Conversation.expect(question, Conversation.text(pool.exchange(bytes(question), limit)));
    } catch (IOException | PoolException gaveUp) {
      GAVE_UP.incrementAndGet();
    }
  }

  private static void interrupted(TcpPool pool, String question) throws Exception {
    pool.pool()
        .run(
            conn -> {
              conn.sendFrame(bytes(question));
              Thread.currentThread().interrupt();
              try {
                conn.readFrame();
              } finally {
                assertTrue(Thread.interrupted());
              }
            });
  }

  private static void fails(org.junit.jupiter.api.function.Executable trouble) {
    assertThrows(Exception.class, trouble);
  }

  @Test
  void aGoodbyeIsNeverTheAnswerToALaterQuestion() throws Exception {
    try (FlakyServer server = FlakyServer.start(manners());
        TcpPool pool = lines(server).pool(p -> p.maxActive(1)).build()) {
      for (int i = 0; i < 100; i++) {
        String question = "bye " + i;
        Conversation.expect(question, Conversation.text(pool.exchange(bytes(question), LIMIT)));
        server.awaitOpen(0, LIMIT);
        ask(pool);
      }
    }
  }
}
