package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.eventually;
import static io.connpool.testkit.PoolWorld.outcome;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolException;
import io.connpool.net.Dialer;
import io.connpool.net.Probe;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.FlakyServerProcess;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How a pool behaves when something has gone wrong and goes well again: on real time, with the real
 * timers and threads, unless the world's clock is used.
 */
class RecoveryTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final FakeTransport transport = world.transport();
  private final AtomicInteger questions = new AtomicInteger();

  /** Guards: the thread that dials is not the one that everybody waits for. */
  @Test
  void anIdleConnectionIsLentInMillisecondsWhileADialHangsForEver() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    try (ConnPool<AutoCloseable> pool =
        ConnPool.<AutoCloseable>builder(
                context -> {
                  if (!first.getAndSet(false)) {
                    hanging.countDown();
                    awaitDeaf(release);
                  }
                  return () -> {};
                })
            .build()) {
      Lease<AutoCloseable> lease = pool.acquire();
      CompletableFuture<Lease<AutoCloseable>> other = pool.acquireAsync();
      hanging.await();
      lease.close();
      outcome(other).close();
      long[] nanos = new long[101];
      for (int i = 0; i < nanos.length; i++) {
        long began = System.nanoTime();
        pool.run(c -> {});
        nanos[i] = System.nanoTime() - began;
      }
      Arrays.sort(nanos);
      assertTrue(nanos[50] < 5_000_000, () -> "median " + nanos[50] + " ns");
      assertEquals(1, pool.stats().dialing());
      release.countDown();
    }
  }

  private static void awaitDeaf(CountDownLatch latch) {
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException deaf) {
        // for ever
      }
    }
  }

  /** Guards: workers and timers end with their pool. */
  @Test
  void afterTheCloseNoThreadOfThePoolIsLeft() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger dials = new AtomicInteger();
    ConnPool<AutoCloseable> pool =
        ConnPool.<AutoCloseable>builder(
                context -> {
                  if (dials.incrementAndGet() > 2) {
                    never.await();
                  }
                  return () -> {};
                })
            .heartbeat((c, limit) -> Thread.yield())
            .heartbeatInterval(Duration.ofMillis(20))
            .minIdle(3)
            .build();
    eventually(pool, "two and a hung dial", s -> s.total() == 2 && s.dialing() == 1);
    pool.acquire();
    CompletableFuture<Lease<AutoCloseable>> waiter = new CompletableFuture<>();
    pool.acquireAsync().whenComplete((lease, failure) -> waiter.complete(lease));
    outcome(waiter);
    eventually(() -> "its threads are known", () -> !threadsOfPools().isEmpty());
    assertFalse(pool.close(Duration.ZERO), "two leases were out");
    eventually(() -> "left: " + threadsOfPools(), () -> threadsOfPools().isEmpty());
  }

  private static List<String> threadsOfPools() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("connpool-"))
        .filter(name -> !name.equals("connpool-sweeper")) // of the sockets of other tests
        .toList();
  }

  /** Guards: each waiter has its own deadline; none is early, and none waits for another. */
  @Test
  void aHundredWaitersOnAnExhaustedPoolTimeOutTogether() throws Exception {
    try (ConnPool<AutoCloseable> pool =
        ConnPool.<AutoCloseable>builder(context -> () -> {}).maxActive(1).build()) {
      Lease<AutoCloseable> held = pool.acquire();
      List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
      List<Thread> waiters = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        waiters.add(
            world.spawn(
                () -> {
                  long began = System.nanoTime();
                  assertThrows(
                      AcquireTimeoutException.class, () -> pool.acquire(Duration.ofMillis(50)));
                  nanos.add(System.nanoTime() - began);
                }));
      }
      waiters.forEach(PoolWorld::ends);
      Collections.sort(nanos);
      assertTrue(nanos.get(0) >= 50_000_000, () -> "early: " + nanos.get(0));
      assertTrue(nanos.get(50) < 80_000_000, () -> "median: " + nanos.get(50));
      assertTrue(nanos.get(99) < 500_000_000, () -> "late: " + nanos.get(99));
      assertEquals(100, pool.stats().timeouts());
      held.close();
    }
  }

  /**
   * Guards: no release is missed. The world's clock stands still, so no deadline and no pass of the
   * keeper helps one that was not woken: it would wait for ever.
   */
  @Test
  void twoThreadsOnOneConnectionNeverStall() {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    List<Thread> users = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      users.add(
          world.spawn(
              () -> {
                for (int round = 0; round < 200_000; round++) {
                  pool.acquire().close();
                }
              }));
    }
    users.forEach(PoolWorld::ends);
  }

  /** Guards: however time passed, a connection that rested too long is checked before a loan. */
  @Test
  void afterALongSleepEveryConnectionHasAHeartbeatBeforeItIsLent() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(4).maxIdle(4).maxLifetime(DAY));
    fill(pool, 4);
    world.clock().advance(SECOND);
    world.clock().freeze(Duration.ofHours(1));
    assertAllBeatenBeforeLoan(pool, 2);
    world.clock().freeze(Duration.ofHours(1));
    world.clock().advance(Duration.ofNanos(1)); // the timers wake before anybody asks
    assertAllBeatenBeforeLoan(pool, 3);
    world.clock().advance(Duration.ofHours(1));
    fill(pool, 4);
    transport.connections().forEach(c -> assertTrue(c.heartbeats() > 50, c + " was forgotten"));
    assertEquals(4, transport.attempts());
  }

  private static void assertAllBeatenBeforeLoan(ConnPool<FakeConn> pool, int beats)
      throws InterruptedException {
    List<Lease<FakeConn>> leases = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Lease<FakeConn> lease = pool.acquire();
      assertEquals(beats, lease.get().heartbeats(), lease.get() + " was lent unchecked");
      leases.add(lease);
    }
    leases.forEach(Lease::close);
  }

  private static void fill(ConnPool<?> pool, int howMany) {
    List<Lease<?>> leases = new ArrayList<>();
    for (int i = 0; i < howMany; i++) {
      leases.add(outcome(pool.acquireAsync()));
    }
    leases.forEach(Lease::close);
  }

  /** HikariCP#1819. Guards: an outage, however long, ends for those who do not ask, too. */
  @Test
  void minIdleIsRestoredWithinASecondOfTheEndOfALongOutageAlthoughNobodyAsks() {
    transport.always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = world.pool(b -> b.minIdle(3));
    world.clock().advance(Duration.ofMinutes(10));
    assertEquals(0, pool.stats().total());
    assertTrue(transport.attempts() > 1_000, "at most half a second between two dials");
    transport.always(Function.DIAL, Step.OK);
    world.clock().advance(SECOND);
    eventually(pool, "minIdle", stats -> stats.idle() == 3);
  }

  /** Guards: connections that died with the server are found before they are lent. */
  @Test
  void afterTheServerWasKilledAndRestartedAHundredAcquiresAllGetAWorkingConnection()
      throws Exception {
    try (FlakyServerProcess server = FlakyServerProcess.start("answerLines");
        ConnPool<SocketChannel> pool = to(server).maxActive(10).build()) {
      fill(pool, 10);
      assertEquals(10, pool.stats().idle());
      server.restart();
      for (int i = 0; i < 100; i++) {
        pool.run(this::assertAnswers);
      }
      assertTrue(pool.stats().closed() > 0, "the ten had died");
      assertEquals(0, pool.stats().dialFailures());
    }
  }

  /** Guards: nobody waits beyond his timeout for a server that is down, and all is well after. */
  @Test
  void whileTheServerIsDownCallersAreToldAndOnceItIsBackTheyAreServed() throws Exception {
    try (FlakyServerProcess server = FlakyServerProcess.start("answerLines");
        ConnPool<SocketChannel> pool = to(server).build()) {
      pool.run(this::assertAnswers);
      server.kill();
      DialException told = assertThrows(DialException.class, pool::acquire);
      assertTrue(told.getCause() instanceof SocketException, () -> "cause: " + told.getCause());
      server.restart();
      for (int i = 0; i < 100; i++) {
        pool.run(this::assertAnswers);
      }
    }
  }

  /** Guards: a machine that froze looks open; only the heartbeat tells, and it is cut off. */
  @Test
  void aServerThatFroze_isNotWaitedForBeyondTheTimeoutAndServesAgainWhenItGoesOn()
      throws Exception {
    try (FlakyServerProcess server = FlakyServerProcess.start("answerLines");
        ConnPool<SocketChannel> pool =
            to(server)
                .heartbeat((channel, limit) -> assertAnswers(channel))
                .heartbeatInterval(Duration.ofMillis(20))
                .dialTimeout(Duration.ofMillis(200))
                .maxActive(2)
                .build()) {
      pool.run(this::assertAnswers);
      server.pause();
      eventually(pool, "the frozen one is given up", stats -> stats.closed() == 1);
      long began = System.nanoTime();
      assertThrows(PoolException.class, () -> pool.acquire(Duration.ofMillis(100)));
      long took = System.nanoTime() - began;
      assertTrue(took < SECOND.toNanos(), () -> "took " + took + " ns");
      server.resume();
      pool.run(this::assertAnswers);
    }
  }

  private static PoolBuilder<SocketChannel> to(FlakyServerProcess server) {
    Dialer dialer = Dialer.to(server.endpoint());
    return ConnPool.<SocketChannel>builder((DialContext context) -> dialer.connect(context))
        .probe(Probe::check)
        .closeTimeout(SECOND);
  }

  private void assertAnswers(SocketChannel channel) throws IOException {
    String question = "q" + questions.incrementAndGet();
    channel.write(ByteBuffer.wrap((question + "\n").getBytes(UTF_8)));
    StringBuilder answer = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (channel.read(one) == 1 && one.get(0) != '\n') {
      answer.append((char) one.get(0));
      one.clear();
    }
    assertEquals("answer " + question, answer.toString());
  }
}
