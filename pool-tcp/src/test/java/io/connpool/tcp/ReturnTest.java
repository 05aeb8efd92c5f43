package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static io.connpool.tcp.Conversation.text;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * What comes back to the pool, and in which state it may be lent again: ids G-05 to G-07, G-09,
 * G-11, Q-01, Q-02 and Q-06 of the study of the seeds.
 */
class ReturnTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  @Test
  void g05_whatFailedIsBrokenAndIsNotLentAgain() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.acceptThenSilence());
        TcpPool pool = lines(server).build();
        Lease<TcpConn> lease = pool.pool().acquire()) {
      TcpConn conn = lease.get();
      assertEquals(TcpConn.State.UNPROVEN, conn.state());
      conn.oneWay(bytes("hello"));
      assertEquals(TcpConn.State.PROVEN, conn.state());
      assertThrows(SocketTimeoutException.class, () -> conn.readFrame(SHORT));
      assertEquals(TcpConn.State.BROKEN, conn.state());
      lease.close();
      server.awaitOpen(0, LIMIT);
    }
  }

  /** The socket is as good as ever; what is lost is where messages begin. */
  @Test
  void g07_nothingThatIsDoneLaterMakesABrokenConnectionGood() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.strayOnAccept("much too long\nfine\n"));
        TcpPool pool = lines(server).framing(Framing.lines(5)).build();
        Lease<TcpConn> lease = pool.pool().acquire()) {
      TcpConn conn = lease.get();
      var lost = assertThrows(FrameException.class, conn::readFrame);
      var refused = assertThrows(IOException.class, () -> conn.oneWay(bytes("later")));
      assertSame(lost, refused.getCause());
      assertThrows(IOException.class, conn::readLine);
      assertEquals(TcpConn.State.BROKEN, conn.state());
      assertEquals(0, conn.bytesWritten());
      lease.close();
      server.awaitOpen(0, LIMIT);
    }
  }

  @Test
  void g06_aConnectionWithWhichNothingWasDoneGoesBack() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      TcpConn first = pool.pool().call(conn -> conn);
      ask(pool);
      TcpConn second = pool.pool().call(conn -> conn);
      assertSame(first, second);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void g09_aMessageThatIsTooLongDialsNothingAndBreaksNothing() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.echo());
        TcpPool pool =
            TcpPool.to(server.endpoint()).framing(Framing.lengthPrefixed().max(10)).build()) {
      ByteBuffer eleven = ByteBuffer.allocate(11);
      var tooLong = assertThrows(IllegalArgumentException.class, () -> pool.exchange(eleven));
      assertTrue(tooLong.getMessage().contains("11"), tooLong::getMessage);
      assertEquals(0, pool.pool().stats().dialed());
      pool.exchange(ByteBuffer.allocate(10));
      TcpConn conn = pool.pool().call(c -> c);
      assertThrows(IllegalArgumentException.class, () -> pool.pool().call(c -> c.exchange(eleven)));
      assertSame(conn, pool.pool().<TcpConn, IOException>call(c -> c));
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void g11_whateverFailsInTheBodyTheConnectionIsNotLentAgain() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.lateAnswer(Duration.ofMillis(200)));
        TcpPool pool = lines(server).build()) {
      assertThrows(
          SocketTimeoutException.class,
          () -> pool.pool().run(conn -> conn.exchange(bytes("1"), Duration.ofMillis(10))));
      server.awaitOpen(0, LIMIT);
      assertThrows(
          IllegalStateException.class,
          () ->
              pool.pool()
                  .run(
                      conn -> {
                        conn.sendFrame(bytes("2"));
                        throw new IllegalStateException("of the user's, in the middle");
                      }));
      server.awaitOpen(0, LIMIT);
      ask(pool);
    }
  }

  @Test
  void g11_aFailureThatLeavesTheConnectionAtRestKeepsIt() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      assertThrows(
          IllegalStateException.class,
          () ->
              pool.pool()
                  .run(
                      conn -> {
                        conn.exchange(bytes("1"));
                        throw new IllegalStateException("about the answer");
                      }));
      ask(pool);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void q01_anAnswerThatNobodyReadIsNeverReadByTheNext() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      pool.pool().run(conn -> conn.sendFrame(bytes("abandoned")));
      ask(pool);
      pool.pool().run(conn -> conn.write(bytes("abandoned, as bytes\n")));
      ask(pool);
      assertEquals(3, server.accepted());
    }
  }

  @Test
  void q02_bytesThatNobodyAskedForCloseTheConnectionAndAreKeptAsLastWords() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      ask(pool);
      server.sendToAll("shutting down\n");
      eventually(
          () -> "it is seen",
          () -> {
            try {
              ask(pool);
              return server.accepted() == 2;
            } catch (Exception failure) {
              throw new AssertionError(failure);
            }
          });
      assertEquals("shutting down\n", pool.lastWords().orElse(""));
      eventually(
          () -> "in the figures: " + pool.pool().stats(),
          () -> "shutting down\\n".equals(pool.pool().stats().lastWords()));
    }
  }

  @Test
  void q02_bytesOnAConnectionInUseAMomentAgoAreSeenToo() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.strayAfterAnswer("stray\n"));
        TcpPool pool = lines(server).probeAfter(Duration.ofHours(1)).build()) {
      for (int i = 0; i < 20; i++) {
        try (Lease<TcpConn> lease = pool.pool().acquire()) {
          TcpConn conn = lease.get();
          String question = Conversation.question();
          Conversation.expect(question, text(conn.exchange(bytes(question))));
          eventually(
              () -> "the stray bytes are here",
              () -> !conn.isPristine() || conn.link().wire().glance() == Health.DIRTY);
        }
      }
      assertEquals(20, server.accepted());
    }
  }

  @Test
  void q06_aChannelThatItsUserClosedFreesItsPlace() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).pool(p -> p.maxActive(1)).build()) {
      pool.pool().run(TcpConn::close);
      ask(pool);
      assertEquals(1, pool.pool().stats().total());
    }
  }
}
