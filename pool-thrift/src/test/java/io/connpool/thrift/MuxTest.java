package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static io.connpool.thrift.ThriftWorld.echoOverMux;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Lease;
import io.connpool.Verdict;
import io.connpool.mux.MuxOptions;
import io.connpool.mux.MuxRequest;
import io.connpool.net.Tls;
import io.connpool.testkit.TestCertificates;
import io.connpool.thrift.ThriftCallException.Phase;
import io.connpool.thrift.gen.Counter;
import io.connpool.thrift.gen.Echo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.TException;
import org.apache.thrift.TMultiplexedProcessor;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TTransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Thrift over multiplexed connections: the same clients, all of them over one socket. */
class MuxTest {
  private static final Duration SHORT = Duration.ofMillis(500);

  /** Longer than any test: what takes half as long was not waited for. */
  private static final Duration LONG = Duration.ofSeconds(60);

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  private final EchoHandler handler = new EchoHandler();

  private ThriftMuxServer server() throws Exception {
    return world.muxServer(ThriftMuxServer.of(new Echo.Processor<>(handler)));
  }

  private ThriftPool<Echo.Iface> pool() throws Exception {
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(server().port()));
    pool.client().ping(); // dialed, so that a short time-out is all for the call
    return pool;
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void everyKindOfCallWorksAsOverExclusiveConnections(Encoding encoding) throws Exception {
    ThriftMuxServer.Builder builder = ThriftMuxServer.of(new Echo.Processor<>(handler));
    ThriftMuxServer server =
        world.muxServer(
            switch (encoding) {
              case BINARY -> builder.binary();
              case COMPACT -> builder.compact();
              case JSON -> builder.json();
            });
    ThriftPool<Echo.Iface> pool =
        world.pool(
            MatrixTest.speaking(echoOverMux(server.port()), encoding, true)
                .heartbeatByUnknownMethod());

    MatrixTest.everyKindOfCall(pool.client());
    try (Lease<Echo.Iface> lease = pool.lease()) {
      MatrixTest.everyKindOfCall(lease.get());
    }
    pool.run(MatrixTest::everyKindOfCall);

    assertEquals(1, pool.stats().dialed());
    assertEquals(1, connections(pool));
  }

  @Test
  void servicesShareTheConnection() throws Exception {
    TMultiplexedProcessor services = new TMultiplexedProcessor();
    services.registerProcessor("echo", new Echo.Processor<>(handler));
    services.registerProcessor("counter", new Counter.Processor<>(handler));
    ThriftMuxServer server = world.muxServer(ThriftMuxServer.of(services));
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(server.port()).service("echo"));
    Counter.Iface counter = pool.client(Counter.Iface.class, "counter");

    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(1, counter.add("sum", 1));
    assertEquals("answer to cx", counter.echo("cx"));
    Counter.Iface nobody = pool.client(Counter.Iface.class, "nobody");
    assertThrows(TApplicationException.class, () -> nobody.add("sum", 1));
    assertEquals(2, counter.add("sum", 1));

    assertEquals(1, pool.stats().dialed());
  }

  // --- at once ---

  @Test
  void hundredsOfCallsAreUnderWayAtOnceOverOneSocketAndEachGetsItsOwnAnswer() throws Exception {
    int callers = 200; // without virtual threads the server has up to 256
    CyclicBarrier allThere = new CyclicBarrier(callers);
    Echo.Processor<EchoHandler> echo = new Echo.Processor<>(handler);
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(
                (in, out) -> {
                  meet(allThere);
                  echo.process(in, out);
                }));
    ThriftPool<Echo.Iface> pool =
        world.pool(echoOverMux(server.port()).maxActive(1).callTimeout(LONG));
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int caller = 0; caller < callers; caller++) {
        int own = caller;
        all.add(
            pool.callAsync(
                c -> {
                  for (int round = 0; round < 5; round++) {
                    String text = own + "-" + round;
                    assertEquals("answer to " + text, c.echo(text));
                  }
                  return null;
                },
                threads));
      }
      for (CompletableFuture<Void> each : all) {
        each.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdown();
    }
    assertEquals(1, pool.stats().dialed());
  }

  private static void meet(CyclicBarrier barrier) throws TException {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (Exception alone) {
      throw new TException("not all calls are under way at once", alone);
    }
  }

  @Test
  void aSlowCallHoldsUpNobody() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      CompletableFuture<String> slow = pool.callAsync(c -> c.echoLater("slow", 2000), other);
      ThriftWorld.eventually(() -> "it has arrived", () -> handler.runs("slow") == 1);

      assertEquals("answer to fast", pool.client().echo("fast"));

      assertFalse(slow.isDone());
      assertEquals("answer to slow", slow.get(20, TimeUnit.SECONDS));
      assertEquals(1, pool.stats().dialed());
    } finally {
      other.shutdown();
    }
  }

  // --- wrong answers ---

  @Test
  void slowNeverAnswersFastAndCostsNoConnection() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    CallOptions quick = CallOptions.timeout(SHORT);

    timesOut(() -> pool.client(quick).echoLater("slow-A", 1000));
    assertEquals("answer to fast-B", pool.client().echoLater("fast-B", 0));

    timesOut(() -> pool.call(quick, c -> c.echoLater("slow-A", 1000)));
    assertEquals("answer to fast-B", pool.call(c -> c.echoLater("fast-B", 0)));

    try (Lease<Echo.Iface> lease = pool.lease(quick)) {
      timesOut(() -> lease.get().echoLater("slow-A", 1000));
      assertEquals("answer to fast-B", lease.get().echoLater("fast-B", 0));
    }
    // until the answers that nobody waits for have come
    assertEquals("answer to last", pool.client().echoLater("last", 1100));
    assertEquals(1, pool.stats().dialed());
  }

  private static void timesOut(CallTestBody call) {
    ThriftCallException failure = assertThrows(ThriftCallException.class, call::run);
    assertEquals(TTransportException.TIMED_OUT, failure.getType(), failure::toString);
    assertEquals(Phase.READ, failure.phase());
    assertTrue(failure.maybeProcessed());
  }

  @FunctionalInterface
  private interface CallTestBody {
    void run() throws TException;
  }

  // --- what is carried ---

  @Test
  void theServerKnowsHowLongItsCallerWaitsAndThatHeHasGivenUp() throws Exception {
    BlockingQueue<MuxRequest> seen = new LinkedBlockingQueue<>();
    CountDownLatch end = new CountDownLatch(1);
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(
                (in, out) -> {
                  seen.add(ThriftMuxServer.requestOf(in).orElseThrow());
                  awaits(end);
                }));
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(server.port()));
    try {
      timesOut(() -> pool.client(CallOptions.timeout(Duration.ofSeconds(1))).echo("x"));

      MuxRequest request = seen.take();
      assertTrue(request.remaining().orElseThrow().compareTo(Duration.ofSeconds(1)) <= 0);
      ThriftWorld.eventually(() -> "it is told", request::isCancelled);
    } finally {
      end.countDown();
    }
  }

  @Test
  void aCallerThatIsInterruptedIsGoneAtOnceAndTheServerKnows() throws Exception {
    BlockingQueue<MuxRequest> seen = new LinkedBlockingQueue<>();
    CountDownLatch end = new CountDownLatch(1);
    Echo.Processor<EchoHandler> echo = new Echo.Processor<>(handler);
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(
                (in, out) -> {
                  if (seen.isEmpty()) {
                    seen.add(ThriftMuxServer.requestOf(in).orElseThrow());
                    awaits(end);
                  }
                  echo.process(in, out);
                }));
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(server.port()).maxActive(1));
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                pool.client(CallOptions.timeout(LONG).idempotent()).ping();
              } catch (Exception ended) {
                failure.set(ended);
                flag.set(Thread.currentThread().isInterrupted());
              }
            });
    caller.start();
    try {
      MuxRequest request = seen.take();
      seen.add(request);
      caller.interrupt();
      caller.join(LONG.toMillis() / 2);

      ThriftCallException ended =
          assertInstanceOf(ThriftCallException.class, failure.get(), () -> "" + failure.get());
      assertEquals(Verdict.Retry.NEVER, ended.retry());
      assertTrue(ended.maybeProcessed());
      assertTrue(flag.get(), "the flag was lost");
      ThriftWorld.eventually(() -> "the server knows", request::isCancelled);
    } finally {
      end.countDown();
    }
    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(1, pool.stats().dialed());
  }

  private static void awaits(CountDownLatch end) throws TException {
    try {
      assertTrue(end.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException ended) {
      throw new TException("the server is being stopped", ended);
    }
  }

  @Test
  void whatIsNotFromAMuxHasNoRequest() throws Exception {
    TProtocol other = Encoding.BINARY.plain(new LivenessTest.LoopbackLink());

    assertTrue(ThriftMuxServer.requestOf(other).isEmpty());
  }

  // --- limits and failures ---

  @Test
  void aRequestAboveTheLimitIsNotSent() throws Exception {
    ThriftPool<Echo.Iface> pool =
        world.pool(echoOverMux(server().port()).maxMessageSize(1000).idempotent("echo"));

    ThriftCallException failure =
        assertThrows(ThriftCallException.class, () -> pool.client().echo("x".repeat(2000)));

    assertEquals(TTransportException.MESSAGE_SIZE_LIMIT, failure.getType());
    assertFalse(failure.maybeProcessed());
    assertEquals(0, handler.runs("x".repeat(2000)));
    ThriftCallException large =
        assertThrows(ThriftCallException.class, () -> pool.client().blob(2000, (byte) 1));
    assertEquals(TTransportException.MESSAGE_SIZE_LIMIT, large.getType());
    assertTrue(large.maybeProcessed());
    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void aRequestAboveTheLimitOfTheServerIsNotSentEither() throws Exception {
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(new Echo.Processor<>(handler))
                .options(MuxOptions.builder().maxMessage(2000).build()));
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(server.port()).idempotent("echo"));

    ThriftCallException failure =
        assertThrows(ThriftCallException.class, () -> pool.client().echo("x".repeat(3000)));

    assertEquals(TTransportException.MESSAGE_SIZE_LIMIT, failure.getType());
    assertFalse(failure.maybeProcessed());
    assertEquals(Verdict.Retry.NEVER, failure.retry());
    assertEquals("answer to x", pool.client().echo("x"));
  }

  @Test
  void whatAFullServerRefusesIsMadeAgain() throws Exception {
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(new Echo.Processor<>(handler))
                .options(MuxOptions.builder().maxHandling(1).build()));
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(server.port()).callTimeout(LONG));
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      CompletableFuture<String> slow = pool.callAsync(c -> c.echoLater("slow", 1000), other);
      ThriftWorld.eventually(() -> "it has arrived", () -> handler.runs("slow") == 1);

      // not idempotent, and still never lost or run twice
      assertEquals("answer to x", pool.client().echo("x"));

      assertEquals(1, handler.runs("x"));
      assertEquals("answer to slow", slow.get(30, TimeUnit.SECONDS));
    } finally {
      other.shutdown();
    }
  }

  /** The server's only thread is held up, so it reads nothing more. */
  @Test
  void aOneWayCallWaitsForRoomNoLongerThanItsTime() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Echo.Processor<EchoHandler> echo = new Echo.Processor<>(handler);
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(
                    (in, out) -> {
                      awaits(end);
                      echo.process(in, out);
                    })
                .options(MuxOptions.builder().inlineHandlers(true).build()));
    ThriftPool<Echo.Iface> pool =
        world.pool(
            ThriftPool.builder(Echo.Iface.class)
                .over("mux://127.0.0.1:" + server.port() + "?timeout=1m&writeStallTimeout=1m"));
    Echo.Iface client = pool.client(CallOptions.timeout(Duration.ofSeconds(1)));
    String large = "x".repeat(1_000_000);
    long[] began = new long[1];
    try {
      ThriftCallException failure =
          assertThrows(
              ThriftCallException.class,
              () -> {
                while (true) {
                  began[0] = System.nanoTime();
                  client.note(large);
                }
              });

      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began[0]);
      assertEquals(TTransportException.TIMED_OUT, failure.getType());
      assertFalse(failure.maybeProcessed(), "it is still here");
      assertTrue(millis < 20_000, () -> "it took " + millis + " ms");
    } finally {
      end.countDown();
    }
  }

  @Test
  void callsGoOverTlsAndTheNameOfTheHostIsChecked() throws Exception {
    TestCertificates right = TestCertificates.ofLoopback();
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(new Echo.Processor<>(handler))
                .tls(Tls.system().identity(right.certificate(), right.key())));
    String uri = "mux+tls://127.0.0.1:" + server.port() + "?ca=" + right.certificate();

    ThriftPool<Echo.Iface> pool = world.pool(ThriftPool.builder(Echo.Iface.class).over(uri));
    MatrixTest.everyKindOfCall(pool.client());
    assertEquals(1, pool.stats().dialed());

    ThriftPool<Echo.Iface> other =
        world.pool(ThriftPool.builder(Echo.Iface.class).over(uri + "&serverName=other.example"));
    ThriftCallException refused =
        assertThrows(
            ThriftCallException.class,
            () -> other.client(CallOptions.DEFAULT.withoutRetries()).echo("x"));
    assertEquals(Phase.ACQUIRE, refused.phase());
    assertEquals(0, handler.runs("x"));
  }

  @Test
  void callsGoOverUnixSockets() throws Exception {
    Path directory = Files.createTempDirectory("mux");
    Path file = directory.resolve("s");
    try (ThriftMuxServer server =
        ThriftMuxServer.of(new Echo.Processor<>(handler))
            .listen(UnixDomainSocketAddress.of(file))) {
      ThriftPool<Echo.Iface> pool =
          world.pool(ThriftPool.builder(Echo.Iface.class).over("mux+unix://" + file));
      assertEquals("answer to x", pool.client().echo("x"));
      assertEquals(file.toString(), "" + server.address());
      assertThrows(
          IllegalArgumentException.class,
          () ->
              ThriftMuxServer.of(new Echo.Processor<>(handler))
                  .tls(Tls.system())
                  .listen(UnixDomainSocketAddress.of(file)));
    } finally {
      Files.deleteIfExists(file);
      Files.delete(directory);
    }
  }

  @Test
  void aServerThatGoesAwayInPeaceFailsNoCall() throws Exception {
    ThriftMuxServer first = server();
    ThriftPool<Echo.Iface> pool = world.pool(echoOverMux(first.port()).callTimeout(LONG));
    AtomicInteger answers = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch over = new CountDownLatch(1);
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      String own = i + "-";
      Thread caller =
          new Thread(
              () -> {
                try {
                  for (int call = 0; over.getCount() > 0; call++) {
                    assertEquals("answer to " + own + call, pool.client().echo(own + call));
                    answers.incrementAndGet();
                  }
                } catch (Exception | AssertionError failed) {
                  failure.set(failed);
                }
              });
      callers.add(caller);
      caller.start();
    }
    ThriftWorld.eventually(() -> "they call", () -> answers.get() > 200 || failure.get() != null);

    first.drain(LONG).get(60, TimeUnit.SECONDS);
    ThriftMuxServer second =
        ThriftMuxServer.of(new Echo.Processor<>(handler))
            .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), first.port()));
    try (second) {
      int before = answers.get();
      ThriftWorld.eventually(
          () -> "they call again", () -> answers.get() > before + 200 || failure.get() != null);
      over.countDown();
      for (Thread caller : callers) {
        caller.join(LONG.toMillis());
      }
    }

    assertEquals(null, failure.get(), "a call failed, though none was lost");
  }

  @Test
  void aHeartbeatOfTheServicesOwnGoesOverTheMuxToo() throws Exception {
    AtomicInteger beats = new AtomicInteger();
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echoOverMux(server().port())
                .heartbeat(
                    client -> {
                      client.echo("beat");
                      beats.incrementAndGet();
                    }));

    assertEquals("answer to x", pool.client().echo("x"));

    assertEquals(1, beats.get());
    assertEquals(1, handler.runs("beat"));
  }

  @Test
  void whatHasNoMeaningOverAMuxIsRefused() throws Exception {
    assertRefused("http://127.0.0.1:1", builder -> builder.over("http://127.0.0.1:1"));
    assertRefused("tls", builder -> builder.tls(Tls.system()));
    assertRefused("buffered", ThriftPoolBuilder::buffered);
    assertRefused("wrap", builder -> builder.wrap(socket -> socket));
    assertRefused("probeAfter", builder -> builder.probeAfter(Duration.ZERO));
  }

  private static void assertRefused(
      String quoted, Consumer<ThriftPoolBuilder<Echo.Iface>> setting) {
    ThriftPoolBuilder<Echo.Iface> builder = echoOverMux(1);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> {
              setting.accept(builder);
              builder.build().close();
            });
    assertTrue(refusal.getMessage().contains(quoted), refusal::toString);
  }
}
