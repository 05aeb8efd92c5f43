package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.askIdempotent;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static io.connpool.tcp.Conversation.text;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.Lease;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What is tried again and what is not: ids G-08, G-10, G-21, G-23 and G-33 of the study of the
 * seeds.
 */
class StaleRetryTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  /** Reset after they were released, so that no look shows it before the write does. */
  @Test
  void g08_oneRequestAmongStaleConnectionsNeedsOneFreshDial() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      List<Lease<TcpConn>> five = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        five.add(pool.pool().acquire());
        five.get(i).get().exchange(bytes("warm"));
      }
      five.forEach(Lease::close);
      server.resetAllConnections();
      askIdempotent(pool);
      assertEquals(6, server.accepted(), "one dial");
      eventually(() -> "the stale ones are closed", () -> pool.pool().stats().total() == 1);
    }
  }

  /** The look before the loan is overtaken by a reset; nothing but the second try helps. */
  @Test
  void g08_aConnectionThatDiesUnderTheLeaseIsDialedAgainInItsPlace() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      ask(pool);
      try (Lease<TcpConn> lease = pool.pool().acquire()) {
        server.closeAllConnections();
        SocketAddress before = lease.get().localAddress();
        // The write may still be taken by the kernel, so only an idempotent one is safe.
        assertEquals("answer 1", text(lease.get().exchangeIdempotent(bytes("1"))));
        assertEquals(1, lease.get().redials());
        assertNotEquals(before, lease.get().localAddress());
      }
      ask(pool);
      assertEquals(2, server.accepted());
      assertEquals(1, pool.pool().stats().total());
    }
  }

  @Test
  void g08_aFreshConnectionThatDiesIsNotTriedAgain() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.resetAfter(1));
        TcpPool pool = lines(server).build()) {
      assertThrows(IOException.class, () -> askIdempotent(pool));
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void g08_theSecondTryIsTheLast() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines(), Behaviour.resetAfter(1));
        TcpPool pool = lines(server).build()) {
      ask(pool);
      try (Lease<TcpConn> lease = pool.pool().acquire()) {
        server.closeAllConnections();
        server.awaitOpen(0, LIMIT);
        assertThrows(IOException.class, () -> lease.get().exchangeIdempotent(bytes("1")));
      }
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void g08_aRequestOfWhoseAnswerAByteCameIsNotTriedAgain() throws Exception {
    AtomicInteger executed = new AtomicInteger();
    try (FlakyServer server =
            FlakyServer.start(
                c -> {
                  c.forEachLine(1, c::answer);
                  c.forEachLine(
                      1,
                      line -> {
                        executed.incrementAndGet();
                        c.answerHalf(line);
                      });
                });
        TcpPool pool = lines(server).build()) {
      ask(pool);
      assertThrows(UnexpectedEofException.class, () -> askIdempotent(pool));
      assertEquals(1, executed.get());
    }
  }

  @Test
  void g10_aServerThatClosesAfterEachAnswerCostsADialAndNoError() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.closeAfter(1));
        TcpPool pool = lines(server).probeAfter(Duration.ZERO).build()) {
      Set<SocketAddress> ports = new HashSet<>();
      for (int i = 0; i < 3; i++) {
        pool.pool()
            .run(
                conn -> {
                  ports.add(conn.localAddress());
                  conn.exchange(bytes("x"));
                });
        server.awaitOpen(0, LIMIT);
      }
      assertEquals(3, ports.size());
      assertEquals(3, server.accepted());
    }
  }

  @Test
  void g10_aRequestThatMayHaveBeenExecutedIsNotSentAgain() throws Exception {
    AtomicInteger executed = new AtomicInteger();
    try (FlakyServer server =
            FlakyServer.start(
                c -> {
                  c.forEachLine(1, c::answer);
                  c.forEachLine(1, line -> executed.incrementAndGet());
                });
        TcpPool pool = lines(server).build()) {
      ask(pool);
      assertThrows(IOException.class, () -> ask(pool));
      assertEquals(1, executed.get());
      askIdempotent(pool);
    }
  }

  @Test
  void g21_aBudgetOfTwoMakesThreeTries() throws Exception {
    try (FlakyServer server =
            FlakyServer.start(Behaviour.answerLines(), Behaviour.resetOnAccept());
        TcpPool pool =
            lines(server)
                .retry(new IoRetry(2, Duration.ofMillis(1)))
                .onConnected(conn -> conn.exchange(bytes("hello")))
                .build()) {
      try (Lease<TcpConn> lease = pool.pool().acquire()) {
        server.resetAllConnections();
        assertThrows(IOException.class, () -> lease.get().exchangeIdempotent(bytes("1")));
      }
      assertEquals(3, server.accepted(), "the dial and two more");
      server.behave(Behaviour.answerLines());
      ask(pool);
    }
    assertThrows(IllegalArgumentException.class, () -> new IoRetry(-1, Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> new IoRetry(1, Duration.ofNanos(-1)));
  }

  @Test
  void g33_aReadThatRanIntoItsLimitIsNotTriedAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (FlakyServer server =
            FlakyServer.start(
                c -> {
                  c.forEachLine(1, c::answer);
                  c.forEachLine(line -> asked.incrementAndGet());
                });
        TcpPool pool = lines(server).retry(new IoRetry(5, Duration.ZERO)).build()) {
      ask(pool);
      assertThrows(
          SocketTimeoutException.class,
          () -> pool.pool().run(conn -> conn.exchangeIdempotent(bytes("x"), SHORT)));
      eventually(() -> "it was asked", () -> asked.get() == 1);
      server.awaitOpen(0, LIMIT);
      assertEquals(1, asked.get());
      assertEquals(1, server.accepted());
    }
  }

  /** A pause of an hour would show a try more as a time-out. */
  @Test
  void g23_aWriteToAPeerThatHasGoneFailsAtOnceAndIsNotTriedAgain() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).retry(new IoRetry(5, Duration.ofHours(1))).build()) {
      ask(pool);
      try (Lease<TcpConn> lease = pool.pool().acquire()) {
        TcpConn conn = lease.get();
        server.resetAllConnections();
        var gone = assertThrows(IOException.class, () -> writeUntilItFails(conn));
        assertFalse(gone instanceof SocketTimeoutException, gone::toString);
        long written = conn.bytesWritten();
        assertEquals(TcpConn.State.BROKEN, conn.state());
        assertThrows(IOException.class, () -> conn.write(bytes("x")));
        assertEquals(written, conn.bytesWritten());
        assertEquals(0, conn.redials());
      }
      assertEquals(1, server.accepted());
      ask(pool);
      assertEquals(2, server.accepted(), "it was not lent again");
    }
  }

  /** The kernel may take a write before it has learned of the reset. */
  private static void writeUntilItFails(TcpConn conn) throws IOException {
    while (true) {
      conn.write(bytes("x"));
    }
  }
}
