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
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolException;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * The pool over real sockets: limits, carriers, limits of time. Ids G-03, G-04, G-12, G-20, G-31,
 * G-35 and of the study of the seeds.
 */
class TcpPoolTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  @Test
  void g03_withoutALimitFiftyAtOnceGetFiftySockets() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).compat("gtcp").framing(Framing.lines()).build()) {
      assertEquals(0, pool.pool().effectiveConfig().maxActive());
      assertEquals(Duration.ofMinutes(10), pool.pool().effectiveConfig().idleTimeout());
      List<Lease<TcpConn>> leases = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        leases.add(pool.pool().acquire());
      }
      server.awaitOpen(50, LIMIT);
      leases.forEach(Lease::close);
    }
  }

  @Test
  void g04_anIdleConnectionThatExpiresIsClosedInOrder() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).pool(p -> p.idleTimeout(SHORT)).build()) {
      ask(pool);
      server.awaitOpen(0, LIMIT);
    }
  }

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
      long began = System.nanoTime();
      assertThrows(
          SocketTimeoutException.class,
          () -> pool.exchange(ByteBuffer.allocate(16 << 20), Duration.ofMillis(200)));
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

  @Test
  void q03_beyondTheLimitNobodyWaitsUnlessHeWantsTo() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool =
            lines(server).pool(p -> p.maxActive(3).whenExhausted(WhenExhausted.FAIL)).build()) {
      List<Lease<TcpConn>> three = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        three.add(pool.pool().acquire());
      }
      var exhausted = assertThrows(PoolExhaustedException.class, () -> pool.exchange(bytes("4")));
      assertTrue(exhausted.getMessage().contains("3"), exhausted::getMessage);
      three.forEach(Lease::close);
      ask(pool);
      assertEquals(3, server.accepted());
    }
  }

  /** Not in turn, as the ancestor's list does it: light load is to wear out few connections. */
  @Test
  void q04_whatCameBackIsLentBeforeAnythingIsDialed() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).build()) {
      Set<TcpConn> first = threeAtOnce(pool);
      for (int i = 0; i < 10; i++) {
        assertEquals(first, threeAtOnce(pool));
      }
      assertEquals(3, server.accepted());
    }
  }

  private static Set<TcpConn> threeAtOnce(TcpPool pool) throws Exception {
    Set<TcpConn> conns = new HashSet<>();
    List<Lease<TcpConn>> leases = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Lease<TcpConn> lease = pool.pool().acquire();
      leases.add(lease);
      conns.add(lease.get());
    }
    leases.forEach(Lease::close);
    return conns;
  }

  @Test
  void q05_fiftyWhoComeWhileItDialsOpenNoMoreThanTheLimit() throws Exception {
    AtomicInteger open = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Behaviour slowGreeting =
        c -> {
          most.accumulateAndGet(open.incrementAndGet(), Math::max);
          c.pause(SHORT);
          c.send("welcome\n");
          c.forEachLine(c::answer);
          open.decrementAndGet();
        };
    try (FlakyServer server = FlakyServer.start(slowGreeting);
        TcpPool pool =
            lines(server).onConnected(TcpConn::readLine).pool(p -> p.maxActive(3)).build()) {
      Callers.all(50, caller -> ask(pool));
      assertEquals(3, most.get());
      assertEquals(3, server.accepted());
    }
  }

  @Test
  void q07_noConnectionIsLentToTwo() throws Exception {
    Set<TcpConn> lent = ConcurrentHashMap.newKeySet();
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).pool(p -> p.maxActive(3)).build()) {
      Callers.all(
          8,
          caller -> {
            for (int i = 0; i < 500; i++) {
              try (Lease<TcpConn> lease = pool.pool().acquire()) {
                assertTrue(lent.add(lease.get()), "lent to somebody else");
                String question = Conversation.question();
                Conversation.expect(question, text(lease.get().exchange(bytes(question))));
                assertTrue(lent.remove(lease.get()));
              }
            }
          });
      assertTrue(server.accepted() <= 3);
    }
  }

  @Test
  void q08_connectionsThatNobodyUsesAreClosedAndOneIsKept() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).pool(p -> p.idleTimeout(SHORT).minIdle(1)).build()) {
      threeAtOnce(pool);
      eventually(() -> "two are closed", () -> pool.pool().stats().total() == 1);
      ask(pool);
      assertEquals(3, server.accepted());
    }
  }

  @Test
  void q09_aConnectionThatTheServerHasClosedIsNotLent() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        TcpPool pool = lines(server).probeAfter(Duration.ZERO).build()) {
      for (int i = 1; i <= 5; i++) {
        TcpConn conn = pool.pool().call(idle -> idle);
        server.awaitAccepted(i, LIMIT);
        server.closeAllConnections();
        eventually(() -> "the end is here", () -> conn.link().look(0) == Health.STALE);
        ask(pool); // would fail if the closed one were lent: it is not idempotent
        assertEquals(i + 1, server.accepted());
      }
    }
  }
}
