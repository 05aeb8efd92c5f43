package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolStats;
import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Multiplexed connections in a pool. */
@Timeout(60)
class MuxTransportTest {
  private static final byte[] HOLD = "hold".getBytes(UTF_8);
  private static final byte[] ASK = "ask".getBytes(UTF_8);

  @RegisterExtension final MuxWorld world = new MuxWorld(Carrier.MEMORY);

  private final List<ConnPool<?>> pools = new ArrayList<>();
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final ConcurrentLinkedQueue<MuxRequest> held = new ConcurrentLinkedQueue<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final Set<MuxConnection> askedOver = ConcurrentHashMap.newKeySet();

  @AfterEach
  void close() {
    letGo.countDown();
    pools.forEach(pool -> assertTrue(pool.close(Duration.ofSeconds(20)), "ends in time"));
  }

  /** Answers with the question; what is to be held when the test lets it go. */
  private byte[] answer(MuxRequest request) throws InterruptedException {
    if (request.body().length == HOLD.length) {
      held.add(request);
      letGo.await();
    } else {
      asked.incrementAndGet();
      askedOver.add(request.connection());
    }
    return request.body();
  }

  private ConnPool<MuxConnection> pool(
      MuxServer server, UnaryOperator<MuxTransport> transport, int maxActive) {
    return pool(server, transport, b -> b.maxActive(maxActive));
  }

  private ConnPool<MuxConnection> pool(
      MuxServer server,
      UnaryOperator<MuxTransport> transport,
      UnaryOperator<PoolBuilder<MuxConnection>> settings) {
    MuxTransport memory =
        transport.apply(MuxTransport.over(deadline -> Carrier.MEMORY.dial(server)));
    ConnPool<MuxConnection> pool =
        settings.apply(ConnPool.builder(memory).acquireTimeout(Duration.ofSeconds(20))).build();
    pools.add(pool);
    return pool;
  }

  private static void atRest(ConnPool<?> pool, String what, String figures) {
    eventually(
        () -> what + ": " + figures + ", but " + pool.stats(),
        () -> figures(pool.stats()).equals(figures));
  }

  private static String figures(PoolStats stats) {
    return stats.total() + " total, " + stats.leases() + " leases";
  }

  private void awaitHeld(int count) {
    eventually(() -> held.size() + " held", () -> held.size() == count);
  }

  // --- sharing ---

  /** M-01, in a pool. */
  @Test
  void threeThousandCallsAtOnceShareOneConnection() throws Exception {
    ConnPool<MuxConnection> pool = pool(world.server(this::answer), t -> t, 8);
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      byte[] question = ("question " + i).getBytes(UTF_8);
      answers.add(pool.callAsync(connection -> connection.callAsync(question)));
    }

    for (int i = 0; i < 3000; i++) {
      assertArrayEquals(
          ("question " + i).getBytes(UTF_8), answers.get(i).get(20, TimeUnit.SECONDS));
    }
    assertEquals(1, askedOver.size());
    atRest(pool, "at rest", "1 total, 0 leases");
  }

  @Test
  void aSecondConnectionIsDialedWhenTheFirstIsLoadedPastGrowAt() throws Exception {
    ConnPool<MuxConnection> pool = pool(world.server(this::answer), t -> t.growAt(2), 8);
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      calls.add(pool.callAsync(connection -> connection.callAsync(HOLD)));
      awaitHeld(i + 1);
    }

    atRest(pool, "the third is one too many", "2 total, 3 leases");
    assertArrayEquals(ASK, pool.call(connection -> connection.call(ASK)));
    assertFalse(askedOver.contains(held.peek().connection()), "asked over the second");
  }

  @Test
  void requestsOfALeaseThatIsKeptCountAsLoad() throws Exception {
    ConnPool<MuxConnection> pool = pool(world.server(this::answer), t -> t.growAt(2), 8);
    try (Lease<MuxConnection> lease = pool.acquire()) {
      List<CompletableFuture<byte[]>> calls =
          List.of(lease.get().callAsync(HOLD), lease.get().callAsync(HOLD));
      awaitHeld(2);

      pool.run(connection -> connection.call(ASK));

      atRest(pool, "another one beside it", "2 total, 1 leases");
      letGo.countDown();
      for (CompletableFuture<byte[]> call : calls) {
        call.get();
      }
    }
  }

  @Test
  void aConnectionServesAsManyAsBothEndsAllow() throws Exception {
    MuxServer server = world.server(options -> options.maxHandling(3), this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 1);
    for (int i = 0; i < 3; i++) {
      CompletableFuture<byte[]> unused = pool.callAsync(connection -> connection.callAsync(HOLD));
    }
    awaitHeld(3);

    assertEquals(3, pool.stats().leases());
    assertFalse(pool.tryAcquire().isPresent());
  }

  @Test
  void whatALeaseGivesCannotBeClosedOrDrained() throws Exception {
    ConnPool<MuxConnection> pool = pool(world.server(this::answer), t -> t, 1);
    try (Lease<MuxConnection> lease = pool.acquire()) {
      MuxConnection connection = lease.get();
      assertThrows(UnsupportedOperationException.class, connection::close);
      assertThrows(
          UnsupportedOperationException.class, () -> connection.drain(Duration.ofSeconds(1)));
      assertArrayEquals(ASK, connection.call(ASK));
    }
  }

  // --- failures ---

  @Test
  void aFailureOfTheHandlerOrOfTheBodyLeavesTheConnectionToTheOthers() throws Exception {
    ConnPool<MuxConnection> pool =
        pool(
            world.server(
                MuxHandler.async(request -> CompletableFuture.failedFuture(new IOException("no")))),
            t -> t,
            1);

    MuxException failure =
        assertThrows(MuxException.class, () -> pool.call(connection -> connection.call(ASK)));
    assertEquals(Delivery.ANSWERED, failure.delivery());
    assertThrows(
        IllegalStateException.class,
        () ->
            pool.run(
                connection -> {
                  throw new IllegalStateException("the caller's own");
                }));

    assertEquals(1, pool.stats().total());
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void aCallThatTheConnectionDidNotTakeIsMadeOnAnother() throws Exception {
    MuxServer server = world.server(this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 1);
    List<MuxConnection> given = new ArrayList<>();

    byte[] answer =
        pool.call(
            connection -> {
              given.add(connection);
              if (given.size() == 1) {
                endUnder(connection, server);
              }
              return connection.call(ASK);
            });

    assertArrayEquals(ASK, answer);
    assertEquals(2, given.size());
    assertEquals(1, asked.get());
  }

  @Test
  void soIsAnAsynchronousOne() throws Exception {
    MuxServer server = world.server(this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 1);
    AtomicInteger given = new AtomicInteger();

    CompletableFuture<byte[]> answer =
        pool.callAsync(
            connection -> {
              if (given.incrementAndGet() == 1) {
                endUnder(connection, server);
              }
              return connection.callAsync(ASK);
            });

    assertArrayEquals(ASK, answer.get(20, TimeUnit.SECONDS));
    assertEquals(2, given.get());
    assertEquals(1, asked.get());
  }

  private static void endUnder(MuxConnection connection, MuxServer server) {
    server.connections().forEach(MuxConnection::close);
    eventually(() -> "still open", () -> !connection.isOpen());
  }

  @Test
  void whatMayHaveBeenRunIsNotMadeAgain() throws Exception {
    MuxServer server = world.server(this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 1);
    CompletableFuture<byte[]> call = pool.callAsync(connection -> connection.callAsync(HOLD));
    awaitHeld(1);

    server.connections().forEach(MuxConnection::close);

    assertEquals(Delivery.MAYBE_SENT, failureOf(call).delivery());
    assertArrayEquals(ASK, pool.call(connection -> connection.call(ASK)));
    assertEquals(1, held.size());
  }

  @Test
  void aBodyThatHasSentSomethingBeforeIsNotRunAgain() throws Exception {
    MuxServer server = world.server(this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 1);
    AtomicInteger runs = new AtomicInteger();

    MuxException failure =
        assertThrows(
            MuxException.class,
            () ->
                pool.call(
                    connection -> {
                      runs.incrementAndGet();
                      connection.call(ASK);
                      endUnder(connection, server);
                      return connection.call(ASK);
                    }));

    assertEquals(Delivery.NOT_SENT, failure.delivery());
    assertEquals(1, runs.get());
    assertEquals(1, asked.get());
  }

  @Test
  void aRefusalOfAPeerThatStaysIsNotCarriedElsewhere() throws Exception {
    MuxServer server =
        world.server(
            options -> options.maxHandling(2),
            request -> {
              held.add(request);
              letGo.await();
              return request.body();
            });
    MuxConnection other = world.connect(server);
    List<CompletableFuture<byte[]>> full = List.of(other.callAsync(ASK), other.callAsync(ASK));
    awaitHeld(2);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 8);

    MuxException failure =
        assertThrows(MuxException.class, () -> pool.call(connection -> connection.call(ASK)));

    assertEquals(Reason.REFUSED_BY_PEER, failure.reason());
    assertEquals(1, pool.stats().dialed());
    letGo.countDown();
    for (CompletableFuture<byte[]> call : full) {
      call.get();
    }
  }

  // --- replacement ---

  /** M-15. */
  @Test
  void whenThePeerGoesAwayWhatItHasTakenEndsThereAndTheNextCallsGoElsewhere() throws Exception {
    MuxServer server = world.server(this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 2);
    CompletableFuture<byte[]> pending = pool.callAsync(connection -> connection.callAsync(HOLD));
    awaitHeld(1);
    CompletableFuture<Void> drained = server.connections().get(0).drain(Duration.ofSeconds(30));

    for (int i = 0; i < 100; i++) {
      assertArrayEquals(ASK, pool.call(connection -> connection.call(ASK)));
    }

    assertFalse(pending.isDone());
    letGo.countDown();
    assertArrayEquals(HOLD, pending.get(20, TimeUnit.SECONDS));
    drained.get(20, TimeUnit.SECONDS);
    atRest(pool, "the old one is gone", "1 total, 0 leases");
  }

  @Test
  void connectionsComeToTheEndOfTheirLifetimeUnderLoadAndNoCallFails() throws Exception {
    ConnPool<MuxConnection> pool =
        pool(
            world.server(this::answer),
            t -> t,
            b -> b.maxActive(2).maxLifetime(Duration.ofMillis(50)));

    for (int calls = 0; askedOver.size() < 4; calls++) {
      assertArrayEquals(ASK, pool.call(connection -> connection.call(ASK)));
    }

    assertEquals(0, pool.stats().leases());
  }

  @Test
  void aDeadPeerIsNoticedWithoutACallAndItsConnectionIsGone() throws Exception {
    MuxServer server = world.server(this::answer);
    ConnPool<MuxConnection> pool = pool(server, t -> t, 1);
    pool.run(connection -> connection.call(ASK));

    server.connections().forEach(MuxConnection::close);

    atRest(pool, "nothing is left", "0 total, 0 leases");
  }

  @Test
  void bothEndsMayAskAndWhatIsRunningWhenThePoolLetsGoIsAnswered() throws Exception {
    MuxServer server = world.server(this::answer);
    CountDownLatch begun = new CountDownLatch(1);
    ConnPool<MuxConnection> pool =
        pool(
            server,
            t ->
                t.handler(
                    request -> {
                      begun.countDown();
                      letGo.await();
                      return request.body();
                    }),
            1);
    pool.run(connection -> connection.call(ASK));
    CompletableFuture<byte[]> answer = server.connections().get(0).callAsync(HOLD);
    begun.await();

    pool.evictAll();
    eventually(() -> "going away", () -> server.connections().isEmpty());
    letGo.countDown();

    assertArrayEquals(HOLD, answer.get(20, TimeUnit.SECONDS));
  }

  private static MuxException failureOf(CompletableFuture<?> call) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> call.get(20, TimeUnit.SECONDS));
    return assertInstanceOf(MuxException.class, failure.getCause());
  }

  @Test
  void growAtMustBePositive() {
    MuxTransport transport = MuxTransport.over(deadline -> FrameChannels.inMemory().left());
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> transport.growAt(0));
    assertTrue(failure.getMessage().contains("0"), failure::getMessage);
    assertSame(MuxTransport.class, transport.growAt(1).getClass());
  }
}
