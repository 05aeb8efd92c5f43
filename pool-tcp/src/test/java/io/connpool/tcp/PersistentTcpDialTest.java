package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static io.connpool.tcp.PersistentTcpTest.quick;
import static io.connpool.tcp.PersistentTcpTest.read;
import static io.connpool.tcp.PersistentTcpTest.start;
import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Endpoint;
import io.connpool.persistent.NotConnectedException;
import io.connpool.persistent.PersistentConnection.State;
import io.connpool.persistent.PersistentListener;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.FlakyServer;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * goperconn done right: where to, dialing and being up or down. Ids P-01 to P-04, P-15, P-16 and
 * P-18 of the study of the seeds, over real sockets.
 */
class PersistentTcpDialTest {

  @Test
  void p01_withoutAnAddressNothingStarts() {
    for (String nowhere : new String[] {"tcp://", "tcp:///", "tcp://host"}) {
      var wrong = assertThrows(IllegalArgumentException.class, () -> TcpPool.of(nowhere));
      assertTrue(wrong.getMessage().contains(nowhere), wrong::getMessage);
    }
    assertThrows(NullPointerException.class, () -> PersistentTcp.over(null));
  }

  @Test
  void p02_aDialThatGetsNoAnswerIsBoundedAndTheNextOneFollows() throws Exception {
    BlockingQueue<Throwable> failed = new LinkedBlockingQueue<>();
    PersistentListener listener =
        new PersistentListener() {
          @Override
          public void onDialFailed(int attempt, Duration pause, Throwable cause) {
            failed.add(cause);
          }
        };
    try (BlackHole hole = BlackHole.open();
        PersistentTcp line =
            PersistentTcp.over(TcpPool.to(Endpoint.of("127.0.0.1", hole.address().getPort())))
                .persistence(
                    p ->
                        p.backoff(Duration.ofMillis(1), Duration.ofMillis(1))
                            .dialTimeout(Duration.ofMillis(50))
                            .listener(listener))
                .start()) {
      long began = System.nanoTime();
      for (int i = 0; i < 6; i++) {
        Throwable cause = failed.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        // Either the dial or whoever watches over it is the first to notice.
        assertTrue(
            cause instanceof SocketTimeoutException || cause instanceof TimeoutException,
            () -> "" + cause);
      }
      // With the usual 5 s for each, half a minute.
      assertTrue(System.nanoTime() - began < LIMIT.toNanos());
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            PersistentTcp.over(TcpPool.of("tcp://127.0.0.1:1"))
                .persistence(p -> p.dialTimeout(Duration.ZERO))
                .start());
  }

  @Test
  void p03_pausesThatMakeNoSenseAreRefused() {
    Duration second = Duration.ofSeconds(1);
    for (Duration[] wrong :
        new Duration[][] {
          {second, second.dividedBy(2)}, {Duration.ZERO, second}, {second.negated(), second}
        }) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              PersistentTcp.over(TcpPool.of("tcp://127.0.0.1:1"))
                  .persistence(p -> p.backoff(wrong[0], wrong[1]))
                  .start());
    }
  }

  @Test
  void p04_bytesGoBothWaysOnceItIsUp() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line = start(server)) {
      line.write(bytes("hi\n"), LIMIT);
      assertEquals("answer hi\n", read(line, 10));
      assertEquals(State.UP, line.state());
    }
  }

  @Test
  void p15_addressesAreThereWhileItIsUp() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line = start(server)) {
      line.awaitUp(LIMIT);
      assertTrue(line.localAddress().isPresent() && line.remoteAddress().isPresent());
      server.refuse();
      server.closeAllConnections();
      eventually(() -> "down", () -> line.localAddress().isEmpty());
    }
  }

  @Test
  void p16_whyItIsDownIsTheCause() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      server.refuse();
      try (PersistentTcp line = quick(server).persistence(p -> p.failFast(true)).start()) {
        eventually(() -> "down", () -> line.state() == State.BACKOFF);
        var down = assertThrows(NotConnectedException.class, () -> line.write(bytes("x"), LIMIT));
        assertTrue(down.getCause() instanceof ConnectException, () -> "" + down.getCause());
      }
    }
  }

  @Test
  void p18_whatComesRightBehindTheGreetingIsRead() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.strayAfterAnswer("and news"));
        PersistentTcp line =
            PersistentTcp.over(
                    lines(server)
                        .onConnected(
                            conn ->
                                Conversation.expect(
                                    "me", conn.sendRecvLine("me\n".getBytes(UTF_8)))))
                .start()) {
      assertEquals("and news", read(line, 8));
    }
  }

  @Test
  void p10_whileItIsDownAWriteWaitsWithinItsLimit() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      server.refuse();
      try (PersistentTcp line = start(server)) {
        long began = System.nanoTime();
        Duration limit = Duration.ofMillis(100);
        assertThrows(NotConnectedException.class, () -> line.write(bytes("too early\n"), limit));
        assertTrue(System.nanoTime() - began >= limit.toNanos());
        server.listenAgain();
        line.write(bytes("hi\n"), LIMIT);
        assertEquals("answer hi\n", read(line, 10));
      }
    }
  }

  @Test
  void whoIsInAHurryGetsAnotherConnection() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line =
            PersistentTcp.over(lines(server))
                .persistence(p -> p.backoff(Duration.ofHours(1), Duration.ofHours(1)))
                .start()) {
      assertTrue(line.awaitUp(LIMIT));
      line.reconnectNow();
      eventually(() -> "another one is up", () -> line.epoch() == 2);
      server.awaitAccepted(2, LIMIT);
      server.awaitOpen(1, LIMIT);
    }
  }
}
