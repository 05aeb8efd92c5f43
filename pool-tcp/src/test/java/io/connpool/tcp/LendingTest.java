package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static io.connpool.tcp.Conversation.text;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Who gets a connection, how many there are, and which: ids G-03, G-04 and of the
 * study of the seeds.
 */
class LendingTest {
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
      assertEquals(3, pool.pool().stats().dialed());
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
      assertEquals(3, pool.pool().stats().dialed());
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
      // While all three are lent a fourth may be dialed, so that one is idle.
      eventually(
          () -> "all but one are closed, which is idle: " + pool.pool().stats(),
          () -> pool.pool().stats().total() == 1 && pool.pool().stats().idle() == 1);
      try (Lease<TcpConn> kept = pool.pool().tryAcquire().orElseThrow()) {
        assertEquals("answer 4", text(kept.get().exchange(bytes("4"))));
      }
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
