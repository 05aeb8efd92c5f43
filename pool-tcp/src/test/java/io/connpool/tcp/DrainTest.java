package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static io.connpool.tcp.Conversation.text;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Leftovers that are read and thrown away: ids of the study of the seeds. */
class DrainTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  @Test
  void q10_leftoversWithinTheBoundAreDrainedAndTheConnectionIsClean() throws Exception {
    Behaviour chatty = Behaviour.strayAfterAnswer("x".repeat(1_000) + "\n");
    try (FlakyServer server = FlakyServer.start(chatty);
        TcpPool pool = lines(server).drain(new Drain(64 << 10, LIMIT)).build()) {
      for (int i = 0; i < 5; i++) {
        pool.pool()
            .run(
                conn -> {
                  String question = Conversation.question();
                  Conversation.expect(question, text(conn.exchange(bytes(question))));
                  conn.readExactly(1); // the leftovers are here
                  conn.readExactly(900);
                });
      }
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void q10_moreThanTheBoundIsNotDrained() throws Exception {
    Behaviour chatty = Behaviour.strayAfterAnswer("x".repeat(1_000) + "\n");
    try (FlakyServer server = FlakyServer.start(chatty);
        TcpPool pool = lines(server).drain(new Drain(50, Duration.ofSeconds(1))).build()) {
      for (int i = 0; i < 2; i++) {
        pool.pool()
            .run(
                conn -> {
                  conn.exchange(bytes("1"));
                  conn.readExactly(901); // so a hundred are left
                });
      }
      assertEquals(2, server.accepted());
    }
    assertThrows(IllegalArgumentException.class, () -> new Drain(0, SHORT));
    assertThrows(IllegalArgumentException.class, () -> new Drain(1, Duration.ZERO));
  }

  @Test
  void q10_aPeerThatKeepsSendingIsClosed() throws Exception {
    AtomicInteger sent = new AtomicInteger();
    Behaviour flood =
        c -> {
          c.forEachLine(1, c::answer);
          while (true) {
            c.send("x".repeat(10_000));
            sent.addAndGet(10_000);
          }
        };
    try (FlakyServer server = FlakyServer.start(flood, Behaviour.answerLines());
        TcpPool pool = lines(server).drain(new Drain(100_000, LIMIT)).build()) {
      pool.pool()
          .run(
              conn -> {
                conn.exchange(bytes("1"));
                eventually(() -> "more than the bound is here", () -> sent.get() > 300_000);
              });
      ask(pool);
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void q10_aDrainThatTakesTooLongIsGivenUp() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.strayAfterAnswer("stray"));
        TcpPool pool = lines(server).drain(new Drain(1_000_000, Duration.ofNanos(1))).build()) {
      for (int i = 0; i < 2; i++) {
        pool.pool()
            .run(
                conn -> {
                  conn.exchange(bytes("1"));
                  conn.readExactly(1);
                });
      }
      assertEquals(2, server.accepted());
    }
  }

  /** The answer set a read timeout for its drain, which then cut the next normal read. */
  @Test
  void q11_aReadAfterADrainHasItsWholeTime() throws Exception {
    Behaviour slow =
        c -> {
          c.forEachLine(1, c::answer);
          c.send("leftover");
          c.forEachLine(
              line -> {
                c.pause(Duration.ofMillis(150));
                c.answer(line);
              });
        };
    try (FlakyServer server = FlakyServer.start(slow);
        TcpPool pool = lines(server).drain(new Drain(1_000, LIMIT)).build()) {
      pool.pool()
          .run(
              conn -> {
                conn.exchange(bytes("1"));
                conn.readExactly(2);
              });
      ask(pool);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void q12_anEndBehindTheLeftoversIsNoCleanConnection() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.goodbyeAfter(1, "bye, and farewell"));
        TcpPool pool = lines(server).drain(new Drain(1_000, LIMIT)).build()) {
      pool.pool()
          .run(
              conn -> {
                conn.exchange(bytes("1"));
                conn.readExactly(3);
                server.closeAllConnections();
              });
      ask(pool);
      assertEquals(2, server.accepted());
    }
  }
}
