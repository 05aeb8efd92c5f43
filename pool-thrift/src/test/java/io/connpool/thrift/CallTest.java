package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolExhaustedException;
import io.connpool.Verdict;
import io.connpool.WhenExhausted;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.thrift.ThriftCallException.Phase;
import io.connpool.thrift.gen.Echo;
import io.connpool.thrift.gen.Parcel;
import io.connpool.thrift.gen.Refused;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TProtocolException;
import org.apache.thrift.transport.TTransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the ways to make a call promise. */
class CallTest {
  private static final Duration SHORT = Duration.ofMillis(150);

  /** Longer than any test: what takes half as long was not waited for. */
  private static final Duration LONG = Duration.ofSeconds(60);

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  private ThriftPool<Echo.Iface> pool() throws Exception {
    ThriftPool<Echo.Iface> pool = world.pool(echo(world.server(EchoServer.start()).endpoint()));
    pool.client().ping(); // dialed, so that a short time-out is all for the call
    return pool;
  }

  // --- the proxy ---

  @Test
  void theMethodsOfObjectMakeNoCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        world.pool(ThriftPool.builder(Echo.Iface.class).endpoint("127.0.0.1", 1));
    Echo.Iface client = pool.client();

    assertEquals("Echo client of ThriftPool[Echo at 127.0.0.1:1]", client.toString());
    assertEquals(client, client);
    assertNotEquals(client, pool.client(CallOptions.DEFAULT));
    assertEquals(client.hashCode(), client.hashCode());
    assertSame(client, pool.client());
    assertEquals(0, pool.stats().dialFailures());
  }

  @Test
  void exceptionsComeAsTheyWereThrown() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();

    Refused refused = assertThrows(Refused.class, () -> pool.client().refuse("why"));
    assertEquals("why", refused.getWhy());
    assertThrows(Refused.class, () -> pool.call(c -> c.refuse("why")));
    assertThrows(
        IllegalStateException.class,
        () ->
            pool.run(
                c -> {
                  throw new IllegalStateException("the user's own");
                }));
    assertEquals(1, pool.stats().dialed());
    assertEquals(1, connections(pool));
  }

  @Test
  void anInterfaceThatIsNotGeneratedIsRefused() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> ThriftPool.builder(Runnable.class));

    assertTrue(refusal.getMessage().contains("java.lang.Runnable"), refusal::toString);
    assertThrows(IllegalArgumentException.class, () -> ThriftPool.builder(Echo.Client.class));
  }

  // --- requests that are never finished ---

  @Test
  void aRequestThatFailsHalfWayLeavesNothingBehind() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();

    for (int i = 0; i < 3; i++) {
      assertThrows(TProtocolException.class, () -> pool.client().send(new Parcel()));
      assertEquals("answer to x", pool.client().echo("x"));
    }

    assertEquals(1, pool.stats().dialed(), "nothing had left, so the connection is good");
  }

  @Test
  void aBodyMayGoOnAfterARequestThatFailedHalfWay() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();

    String answer =
        pool.call(
            c -> {
              assertThrows(TProtocolException.class, () -> c.send(new Parcel()));
              return c.echo("x");
            });

    assertEquals("answer to x", answer);
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void aRequestAboveTheLimitIsNotSentAndTheConnectionIsKept() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxMessageSize(1000));

    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class,
            () -> pool.client(CallOptions.DEFAULT.idempotent()).echo("x".repeat(20_000)));

    assertEquals(TTransportException.MESSAGE_SIZE_LIMIT, failure.getType());
    assertFalse(failure.maybeProcessed());
    assertEquals(Verdict.Retry.NEVER, failure.retry());
    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(1, pool.stats().dialed());
    assertThrows(ThriftCallException.class, () -> pool.client().echo("x".repeat(1000)));
    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(1, pool.stats().dialed());
  }

  // --- time ---

  @Test
  void oneDeadlineCoversTheWaitForAConnectionToo() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxActive(1));
    try (Lease<Echo.Iface> taken = pool.lease()) {
      long began = System.nanoTime();
      ThriftCallException failure =
          assertThrows(
              ThriftCallException.class, () -> pool.client(CallOptions.timeout(SHORT)).echo("x"));
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);

      assertEquals(Phase.ACQUIRE, failure.phase());
      assertEquals(TTransportException.TIMED_OUT, failure.getType());
      assertFalse(failure.maybeProcessed());
      assertInstanceOf(AcquireTimeoutException.class, failure.getCause());
      assertTrue(millis >= 140 && millis < 4000, () -> "it took " + millis + " ms");
      assertEquals("answer to y", taken.get().echo("y"));
    }
  }

  @Test
  void oneDeadlineCoversTheDialToo() throws Exception {
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(world.faultServer(Behaviour.acceptThenSilence()).endpoint())
                .connectTimeout(Duration.ofSeconds(1))
                .wrap(
                    socket -> {
                      socket.read(new byte[1], 0, 1); // a handshake that never comes
                      return socket;
                    }));

    long began = System.nanoTime();
    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class, () -> pool.client(CallOptions.timeout(SHORT)).echo("x"));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);

    assertEquals(Phase.ACQUIRE, failure.phase());
    assertTrue(millis < 4000, () -> "it took " + millis + " ms");
  }

  @Test
  void aTimeoutIsForOneCallAndNotForTheConnection() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    Echo.Iface quick = pool.client(CallOptions.timeout(Duration.ofSeconds(1)));

    assertEquals("answer to a", quick.echo("a"));
    // longer than the deadline of the call before, which must be gone
    assertEquals("answer to b", pool.client().echoLater("b", 1200));
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void eachCallOfALeaseHasTheTimeForItself() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    try (Lease<Echo.Iface> lease = pool.lease(CallOptions.timeout(Duration.ofMillis(1500)))) {
      for (int i = 0; i < 3; i++) {
        assertEquals("answer to x", lease.get().echoLater("x", 600));
      }
    }
    assertEquals(1, connections(pool));
  }

  // --- interrupts ---

  @Test
  void anInterruptEndsACallAtOnceAndStaysSet() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    Echo.Iface client = pool.client(CallOptions.timeout(LONG).idempotent());
    client.ping();
    AtomicReference<Throwable> seen = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                client.echoLater("x", (int) LONG.toMillis());
              } catch (Exception failure) {
                seen.set(failure);
                flag.set(Thread.currentThread().isInterrupted());
              }
            });
    caller.start();
    ThriftWorld.eventually(() -> "the call has left", () -> pool.stats().leased() == 1);

    caller.interrupt();
    caller.join(LONG.toMillis() / 2);

    ThriftCallException failure = assertInstanceOf(ThriftCallException.class, seen.get());
    assertEquals(Verdict.Retry.NEVER, failure.retry(), "nobody waits for it any more");
    assertTrue(flag.get());
    assertEquals("answer to y", pool.client().echo("y"));
  }

  @Test
  void anInterruptEndsTheWaitForAConnection() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxActive(1));
    Thread.currentThread().interrupt();
    try {
      ThriftCallException failure =
          assertThrows(ThriftCallException.class, () -> pool.client().echo("x"));

      assertEquals(Phase.ACQUIRE, failure.phase());
      assertInstanceOf(InterruptedException.class, failure.getCause());
      assertFalse(failure.maybeProcessed());
    } finally {
      assertTrue(Thread.interrupted(), "the flag was lost");
    }
  }

  // --- refusals of the pool ---

  @Test
  void refusalsOfThePoolAreTransportExceptionsThatKeepTheirReason() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(server.endpoint()).maxActive(1).whenExhausted(WhenExhausted.FAIL));
    try (Lease<Echo.Iface> taken = pool.lease()) {
      ThriftCallException failure =
          assertThrows(ThriftCallException.class, () -> pool.client().echo("x"));
      assertInstanceOf(PoolExhaustedException.class, failure.getCause());
      assertTrue(ThriftCallException.wasNotSent(failure));
    }

    pool.close(Duration.ZERO);

    TException closed = assertThrows(TTransportException.class, () -> pool.client().echo("x"));
    assertInstanceOf(PoolClosedException.class, closed.getCause());
    assertFalse(ThriftCallException.mayHelpToRepeat(closed));
  }

  // --- leases ---

  @Test
  void aLeaseThatHasEndedNeverTouchesTheConnectionAgain() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    Lease<Echo.Iface> lease = pool.lease();
    Echo.Iface client = lease.get();
    assertEquals("answer to x", client.echo("x"));
    lease.close();

    assertThrows(IllegalStateException.class, () -> client.echo("y"));
    assertThrows(IllegalStateException.class, lease::get);
    assertEquals(1, connections(pool));
  }

  @Test
  void anInvalidatedLeaseClosesItsConnection() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    try (Lease<Echo.Iface> lease = pool.lease()) {
      lease.get().ping();
      lease.invalidate();
    }
    assertEquals(0, connections(pool));
  }

  @Test
  void twoThreadsCannotUseOneLeaseAtOnce() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Lease<Echo.Iface> lease = pool.lease()) {
      Echo.Iface client = lease.get();
      Future<String> slow = other.submit(() -> client.echoLater("a", 1500));
      ThriftWorld.eventually(
          () -> "it has reached the server", () -> server.handler.runs("a") == 1);

      IllegalStateException refusal = assertThrows(IllegalStateException.class, client::ping);

      assertTrue(refusal.getMessage().contains("two threads"), refusal::toString);
      assertEquals("answer to a", slow.get(5, TimeUnit.SECONDS));
    } finally {
      other.shutdown();
    }
    assertEquals(1, connections(pool));
  }

  // --- lambdas ---

  @Test
  void aBodyRunsAgainOnlyIfNothingOfItHasLeft() throws Exception {
    FlakyServer server =
        world.faultServer(
            ThriftPeer.behaving(
                (peer, request) -> {
                  peer.answer(request);
                  if (request.text().equals("first")) {
                    peer.connection.reset();
                  }
                }));
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));
    AtomicInteger runs = new AtomicInteger();

    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class,
            () ->
                pool.run(
                    c -> {
                      runs.incrementAndGet();
                      c.echo("first");
                      for (int i = 0; i < 100; i++) {
                        c.echo("more");
                      }
                    }));

    assertEquals(1, runs.get());
    assertTrue(failure.maybeProcessed(), "its first call has run");
  }

  // --- futures ---

  @Test
  void aFutureCompletesAsTheCallDoes() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    ExecutorService executor = Executors.newCachedThreadPool();
    try {
      assertEquals("answer to x", pool.callAsync(c -> c.echo("x"), executor).get());
      ExecutionException failure =
          assertThrows(
              ExecutionException.class, () -> pool.callAsync(c -> c.refuse("w"), executor).get());
      assertInstanceOf(Refused.class, failure.getCause());
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void cancellingAFutureInterruptsItsCall() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    ExecutorService executor = Executors.newCachedThreadPool();
    try {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch ended = new CountDownLatch(1);
      CompletableFuture<String> future =
          pool.callAsync(
              CallOptions.timeout(LONG),
              c -> {
                begun.countDown();
                try {
                  return c.echoLater("x", (int) LONG.toMillis());
                } finally {
                  ended.countDown();
                }
              },
              executor);
      assertTrue(begun.await(5, TimeUnit.SECONDS));

      assertTrue(future.cancel(true));

      assertThrows(CancellationException.class, future::get);
      assertTrue(ended.await(LONG.toMillis() / 2, TimeUnit.MILLISECONDS), "the call went on");
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void anExecutorThatRefusesFailsTheFuture() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    ExecutorService executor = Executors.newCachedThreadPool();
    executor.shutdown();

    assertThrows(ExecutionException.class, () -> pool.callAsync(c -> c.echo("x"), executor).get());
  }
}
