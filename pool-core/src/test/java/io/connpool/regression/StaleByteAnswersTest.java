package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.outcome;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolExhaustedException;
import io.connpool.WhenExhausted;
import io.connpool.net.Dialer;
import io.connpool.net.Probe;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What was asked and answered about a homemade TCP pool in which a reader got the answer of the
 * request before his: ids of the study of the seeds. are
 * about framing and draining, which a pool does not know: pool-tcp tests them.
 */
class StaleByteAnswersTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();

  /** Guards: exhausted is a failure of its own, at once, and different from a timeout. */
  @Test
  void q03_theFourthOfThreeIsToldAtOnceThatThePoolIsExhausted() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3).whenExhausted(WhenExhausted.FAIL));
    Lease<FakeConn> first = pool.acquire();
    pool.acquire();
    pool.acquire();
    PoolExhaustedException told =
        assertThrows(PoolExhaustedException.class, () -> pool.acquire(Duration.ofDays(1)));
    assertEquals(3, told.stats().leased());
    assertTrue(told.getMessage().contains("maxActive is 3"), told::getMessage);
    first.close();
    assertEquals(1, pool.call(c -> c).id(), "a release ends the exhaustion");
    assertEquals(3, transport.attempts());
  }

  /**
   * Decided otherwise: not first in, first out. Light load stays on few connections, so that the
   * others can expire.
   */
  @Test
  void q04_theOneInUseIsUsedAgainAndTheOthersRest() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    List<Lease<FakeConn>> leases = List.of(pool.acquire(), pool.acquire(), pool.acquire());
    leases.forEach(Lease::close);
    FakeConn used = pool.call(c -> c);
    for (int i = 0; i < 20; i++) {
      assertSame(used, pool.<FakeConn, RuntimeException>call(c -> c));
    }
  }

  /** Guards: the place is taken before the dial and given back when it fails. */
  @Test
  void q05_fiftyAtOnceNeverMakeMoreThanThreeConnections() {
    for (int i = 0; i < 25; i++) {
      transport.next(Function.DIAL, Step.SLOW, Step.THROW);
    }
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(3).maxConcurrentDials(3).dialTimeout(Duration.ofHours(1)));
    List<CompletableFuture<Integer>> callers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      callers.add(pool.acquireAsync(Duration.ofMinutes(1)).handle(this::useOne));
    }
    eventually(
        () -> "all are served or told, " + pool.stats(),
        () -> {
          world.clock().advance(Duration.ofMillis(50));
          assertTrue(transport.open().size() + transport.dialing() <= 3, "more than three");
          return callers.stream().allMatch(CompletableFuture::isDone);
        });
    assertTrue(transport.mostDialing() <= 3);
    int failed = callers.stream().mapToInt(PoolWorld::outcome).sum();
    assertEquals(pool.stats().dialFailures(), failed, "each failure was told to one caller");
    List<Lease<FakeConn>> all = new ArrayList<>();
    transport.always(Function.DIAL, Step.OK);
    for (int i = 0; i < 3; i++) {
      CompletableFuture<Lease<FakeConn>> caller = pool.acquireAsync();
      eventually(
          () -> "no place was lost",
          () -> {
            world.clock().advance(Duration.ofMillis(50));
            return caller.isDone();
          });
      all.add(outcome(caller));
    }
    assertEquals(3, all.stream().map(Lease::get).distinct().count());
  }

  private int useOne(Lease<FakeConn> lease, Throwable failure) {
    if (failure != null) {
      return 1;
    }
    lease.get().use();
    lease.close();
    return 0;
  }

  /** Guards: the pool looks at what comes back, or before it lends it again. */
  @Test
  void q06_aChannelThatItsUserClosedIsNotLentAgainAndItsPlaceIsFree() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      ConnPool<SocketChannel> pool = poolTo(server, 1);
      Lease<SocketChannel> lease = pool.acquire();
      SocketChannel closed = lease.get();
      closed.close();
      lease.close();
      SocketChannel next = pool.call(c -> c);
      assertNotSame(closed, next);
      assertEquals("answer 1", pool.call(c -> ask(c, "1")));
      assertEquals(1, pool.stats().total());
      assertEquals(2, server.accepted());
    }
  }

  /** Guards: one compare-and-set decides who has a connection. */
  @Test
  void q07_noConnectionIsEverLentToTwoThreads() {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    int rounds = 5_000;
    List<Thread> users = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      boolean breaks = i == 0;
      users.add(
          world.spawn(
              () -> {
                for (int round = 0; round < rounds; round++) {
                  Lease<FakeConn> lease = pool.acquire();
                  lease.get().enter();
                  assertEquals(0, lease.get().isClosed() ? 1 : 0);
                  Thread.yield();
                  lease.get().leave();
                  if (breaks && round % 10 == 0) {
                    lease.invalidate();
                  }
                  lease.close();
                }
              }));
    }
    users.forEach(PoolWorld::ends);
    assertEquals(8 * rounds, transport.connections().stream().mapToInt(FakeConn::uses).sum());
    assertEquals(500, transport.connections().size() - transport.open().size());
  }

  /** Guards: what nobody uses is closed. */
  @Test
  void q08_aFreeConnectionIsClosedAfterInactivity() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.idleTimeout(Duration.ofSeconds(30)));
    FakeConn connection = pool.call(c -> c);
    world.clock().advance(Duration.ofSeconds(29));
    assertNull(transport.closeReason(connection));
    world.clock().advance(Duration.ofSeconds(5));
    eventually(() -> "closed", () -> transport.closeReason(connection) == CloseReason.IDLE);
    assertEquals(0, pool.stats().total());
  }

  /** Guards: the look before each loan sees the end of the stream. */
  @Test
  void q09_whatTheServerClosedWhileItWasIdleIsReplacedWithoutAnErrorForTheUser() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      ConnPool<SocketChannel> pool = poolTo(server, 4);
      SocketChannel idle = pool.call(StaleByteAnswersTest::askedOnce);
      server.closeAllConnections();
      eventually(() -> "the FIN is here", () -> Probe.check(idle) == Health.STALE);
      assertEquals("answer 7", pool.call(c -> ask(c, "7")));
      eventually(() -> "the dead one is closed", () -> !idle.isOpen());
    }
  }

  /** Guards: the same look, between the sweeps, once a second. */
  @Test
  void q09_whatTheServerClosedIsClosedWithinASecondEvenIfNobodyAsks() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      ConnPool<SocketChannel> pool = poolTo(server, 4);
      SocketChannel idle = pool.call(StaleByteAnswersTest::askedOnce);
      world.clock().advance(Duration.ofSeconds(1));
      server.closeAllConnections();
      eventually(() -> "the FIN is here", () -> Probe.check(idle) == Health.STALE);
      world.clock().advance(Duration.ofSeconds(1));
      eventually(pool, "closed", stats -> stats.closed() == 1 && stats.total() == 0);
      assertEquals(1, server.accepted(), "nobody asked for another one");
    }
  }

  /** Guards: bytes that nobody asked for would be the answer to the next request. */
  @Test
  void q09_aConnectionWithALateAnswerInItIsNotLentToTheNextOne() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      ConnPool<SocketChannel> pool = poolTo(server, 1);
      SocketChannel idle = pool.call(StaleByteAnswersTest::askedOnce);
      server.sendToAll("answer of somebody else\n");
      eventually(() -> "it arrives", () -> Probe.check(idle) == Health.DIRTY);
      assertEquals("answer 7", pool.call(c -> ask(c, "7")));
      assertEquals(2, server.accepted());
    }
  }

  private ConnPool<SocketChannel> poolTo(FlakyServer server, int maxActive) {
    return world.pool(
        ConnPool.builder(Dialer.to(server.endpoint())::connect)
            .probe(Probe::check)
            .maxActive(maxActive));
  }

  /** Had an answer, so the server has it, too. */
  private static SocketChannel askedOnce(SocketChannel channel) throws IOException {
    assertEquals("answer 0", ask(channel, "0"));
    return channel;
  }

  private static String ask(SocketChannel channel, String question) throws IOException {
    channel.write(ByteBuffer.wrap((question + "\n").getBytes(UTF_8)));
    StringBuilder answer = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (channel.read(one) == 1 && one.get(0) != '\n') {
      answer.append((char) one.get(0));
      one.clear();
    }
    return answer.toString();
  }
}
