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
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolException;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import io.connpool.testkit.UnixRelay;
import java.io.IOException;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The pool over real sockets: ids G-03 to G-12, G-20, G-21, G-31, G-33, G-35 and. */
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
  void g05_brokenStaysBrokenAndG07_noLaterSuccessChangesIt() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.acceptThenSilence());
        TcpPool pool = lines(server).build();
        Lease<TcpConn> lease = pool.pool().acquire()) {
      TcpConn conn = lease.get();
      assertThrows(SocketTimeoutException.class, () -> conn.readFrame(SHORT));
      assertThrows(IOException.class, () -> conn.oneWay(bytes("later")));
      assertEquals(TcpConn.State.BROKEN, conn.state());
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
  void g11_whateverFailsInTheBodyTheConnectionIsNotLentAgain() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.lateAnswer(Duration.ofMillis(200)));
        TcpPool pool = lines(server).build()) {
      ask(pool); // so that the limit below is not used up by the dial
      assertThrows(
          SocketTimeoutException.class, () -> pool.exchange(bytes("1"), Duration.ofMillis(50)));
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
  void g12_tlsIsPooledLikeAnythingElse() throws Exception {
    TestCertificates mine = TestCertificates.ofLoopback();
    var context = Tls.system().identity(mine.certificate(), mine.key()).context();
    try (FlakyServer server = FlakyServer.startTls(context, false, Behaviour.answerLines());
        TcpPool pool =
            lines(server)
                .tls(Tls.system().trust(mine.certificate()))
                .probeAfter(Duration.ZERO)
                .pool(p -> p.maxActive(1)) // a handshake that takes a second gets no help
                .build()) {
      for (int i = 0; i < 10; i++) {
        ask(pool);
      }
      assertEquals(1, server.accepted(), "one handshake; late tickets are not dirt");
      assertTrue(pool.pool().<Boolean, IOException>call(c -> c.tlsSession().isPresent()));
      server.closeAllConnections();
      askIdempotent(pool);
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
      assertEquals(3, server.accepted(), "the dial and two more");
      server.behave(Behaviour.answerLines());
      ask(pool);
    }
    assertThrows(IllegalArgumentException.class, () -> new IoRetry(-1, Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> new IoRetry(1, Duration.ofNanos(-1)));
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
      assertThrows(SocketTimeoutException.class, () -> pool.exchangeIdempotent(bytes("x"), SHORT));
      assertEquals(1, asked.get());
      assertEquals(1, server.accepted());
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

  @Test
  void q10_leftoversWithinTheBoundAreDrainedAndTheConnectionIsClean() throws Exception {
    Behaviour chatty = Behaviour.strayAfterAnswer("x".repeat(1_000) + "\n");
    try (FlakyServer server = FlakyServer.start(chatty);
        TcpPool pool = lines(server).drain(new Drain(64 << 10, Duration.ofMillis(20))).build()) {
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
        TcpPool pool = lines(server).drain(new Drain(1_000, Duration.ofMillis(20))).build()) {
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
        TcpPool pool = lines(server).drain(new Drain(1_000, Duration.ofMillis(20))).build()) {
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
