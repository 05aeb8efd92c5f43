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
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.Lease;
import io.connpool.PoolException;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.UnixRelay;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * The pool over real sockets: carriers, limits of time, options. Ids G-20, G-31 and G-35 of the
 * study of the seeds.
 */
class TcpPoolTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  @Test
  void unixSocketsArePooledLikeAnythingElse() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.closeAfter(5));
        UnixRelay relay = UnixRelay.to(server);
        TcpPool pool =
            TcpPool.toUnix(relay.file()).framing(Framing.lines()).timeout(LIMIT).build()) {
      for (int i = 0; i < 20; i++) {
        askIdempotent(pool);
      }
      assertTrue(server.accepted() >= 4);
      assertThrows(
          IllegalStateException.class, () -> TcpPool.toUnix(relay.file()).tls(Tls.system()));
    }
  }

  @Test
  void g20_aDialThatGetsNoAnswerEndsWithTheCallersLimit() throws Exception {
    try (BlackHole hole = BlackHole.open();
        TcpPool pool = TcpPool.to(Endpoint.of("127.0.0.1", hole.address().getPort())).build()) {
      long began = System.nanoTime();
      assertThrows(
          AcquireTimeoutException.class, () -> pool.exchange(bytes("x"), Duration.ofMillis(200)));
      long millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
      assertTrue(millis >= 199 && millis < 4_000, () -> millis + " ms");
    }
  }

  @Test
  void g31_oneLimitCoversAWriteThatNobodyReads() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.neverRead());
        TcpPool pool =
            TcpPool.to(server.endpoint())
                .framing(Framing.lengthPrefixed().headerBytes(4))
                .build()) {
      ByteBuffer large = ByteBuffer.allocate(16 << 20);
      pool.oneWay(bytes("so that it is dialed"));
      long began = System.nanoTime();
      assertThrows(
          SocketTimeoutException.class, () -> pool.exchange(large, Duration.ofMillis(200)));
      long millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
      assertTrue(millis >= 199 && millis < 4_000, () -> millis + " ms");
    }
  }

  @Test
  void g35_oneShotsDialOnceAndClose() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      assertEquals("answer 1", text(OneShot.exchange(lines(server), bytes("1"), LIMIT)));
      assertEquals(1, server.accepted());
      server.awaitOpen(0, LIMIT);
      OneShot.send(lines(server), bytes("2"), LIMIT);
      server.awaitAccepted(2, LIMIT);
      server.awaitOpen(0, LIMIT);
      assertThrows(
          IllegalArgumentException.class,
          () -> OneShot.send(lines(server), bytes("two\nlines"), LIMIT));
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void aConnectionToAnAddressThatVanishedFinishesAndIsNotLentAgain() throws Exception {
    AtomicReference<InetAddress> home = new AtomicReference<>(InetAddress.getByName("127.0.0.1"));
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool =
            TcpPool.to(Endpoint.of("orders.example", server.port()))
                .framing(Framing.lines())
                .resolver(e -> List.of(new InetSocketAddress(home.get(), e.port())))
                .dnsRefresh(Duration.ofMillis(1))
                .build()) {
      ask(pool);
      try (Lease<TcpConn> lease = pool.pool().acquire()) {
        home.set(InetAddress.getByName("127.0.0.9"));
        eventually(
            () -> "a look at it, by a second acquire that fails",
            () -> {
              pool.pool().tryAcquire().ifPresent(Lease::close);
              lease.get().link().look(0);
              return lease.get().remoteAddress() != null;
            });
        assertEquals("answer 1", text(lease.get().exchange(bytes("1"))));
      }
      eventually(
          () -> "it is closed, " + pool.pool().stats(),
          () -> {
            try {
              pool.pool().call(SHORT, conn -> conn);
              return false;
            } catch (PoolException nobodyThere) {
              return server.open() == 0;
            } catch (InterruptedException interrupted) {
              throw new AssertionError(interrupted);
            }
          });
    }
  }

  @Test
  void anInterruptEndsOneConnectionAndNoOther() throws Exception {
    try (FlakyServer server =
            FlakyServer.start(Behaviour.acceptThenSilence(), Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      AtomicReference<Throwable> seen = new AtomicReference<>();
      CountDownLatch asking = new CountDownLatch(1);
      Thread victim =
          new Thread(
              () -> {
                try {
                  pool.pool()
                      .run(
                          conn -> {
                            asking.countDown();
                            conn.exchange(bytes("1"));
                          });
                } catch (Exception failure) {
                  seen.set(failure);
                }
                assertTrue(Thread.currentThread().isInterrupted());
              });
      victim.start();
      asking.await();
      ask(pool);
      victim.interrupt();
      victim.join();
      assertTrue(seen.get() instanceof ClosedByInterruptException, () -> "" + seen.get());
      ask(pool);
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void socketOptionsReachTheSocketAndMistakesAreToldAtOnce() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool =
            lines(server)
                .option(StandardSocketOptions.SO_RCVBUF, 8_192)
                .keepAlive(Duration.ofSeconds(60), Duration.ofSeconds(15), 4)
                .bindTo(InetAddress.getByName("127.0.0.3"))
                .build()) {
      SocketAddress from = pool.pool().call(TcpConn::localAddress);
      assertTrue(from.toString().contains("127.0.0.3"), from::toString);
      var builder = TcpPool.to(server.endpoint());
      assertThrows(
          IllegalArgumentException.class,
          () -> builder.keepAlive(Duration.ZERO, Duration.ofSeconds(1), 1));
      for (var wrong :
          List.<org.junit.jupiter.api.function.Executable>of(
              () -> builder.timeout(Duration.ZERO),
              () -> builder.probeAfter(Duration.ofMillis(-1)),
              () -> builder.dnsRefresh(Duration.ofMillis(-1)),
              () -> builder.compat("hikari"))) {
        assertThrows(IllegalArgumentException.class, wrong);
      }
    }
  }

  @Test
  void aGreetingIsPartOfTheDial() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.closeAfter(0), Behaviour.answerLines());
        TcpPool pool =
            lines(server)
                .onConnected(
                    conn -> Conversation.expect("hello", text(conn.exchange(bytes("hello")))))
                .pool(p -> p.dialAttempts(3))
                .build()) {
      ask(pool);
      assertEquals(2, server.accepted());
      assertFalse(pool.toString().isEmpty());
    }
  }
}
