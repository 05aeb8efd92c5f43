package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolClosedException;
import io.connpool.PoolEvent;
import io.connpool.PoolEvent.Closed;
import io.connpool.PoolEvent.DialFailed;
import io.connpool.PoolEvent.Dialed;
import io.connpool.PoolEvent.EventsLost;
import io.connpool.PoolEvent.PoolClosed;
import io.connpool.PoolEvent.Waited;
import io.connpool.PoolEvent.Waited.Outcome;
import io.connpool.PoolListener;
import io.connpool.PoolStats;
import io.connpool.testkit.EventRecorder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a pool tells its listeners, and that whatever they do harms nobody. */
abstract class ListenerContract extends PoolContract {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final EventRecorder heard = new EventRecorder();

  /** What listeners of a test that hang wait for. */
  private final CountDownLatch hang = new CountDownLatch(1);

  ListenerContract(PoolKind kind) {
    super(kind);
  }

  /** A pool's first close decides when it ends; the world's, after the test, only waits for it. */
  @AfterEach
  void nobodyHangsAnyMoreAndGraceIsOver() {
    hang.countDown();
    clock().advance(SECOND.multipliedBy(2));
  }

  /** A pool of one connection with this listener. */
  private ConnPool<FakeConn> poolHeardBy(PoolListener listener) {
    return pool(b -> b.name("orders").maxActive(1).listener(listener));
  }

  private void told(PoolEvent... events) {
    PoolWorld.eventually(
        () -> List.of(events) + ", but " + heard.events(),
        () -> heard.events().equals(List.of(events)));
  }

  // --- what is told ---

  @Test
  void theLifeOfAConnectionIsToldInOrderAndTheEndOfThePoolLast() throws Exception {
    transport().next(Function.DIAL, Step.SLOW);
    ConnPool<FakeConn> pool = poolHeardBy(heard);

    CompletableFuture<Lease<FakeConn>> waiting = pool.acquireAsync();
    PoolWorld.eventually(() -> "dials", () -> clock().parkedThreads() == 1);
    clock().advance(FakeTransport.SLOW);
    Lease<FakeConn> lease = result(waiting);
    PoolWorld.eventually(() -> "told", () -> heard.events().size() == 2);
    clock().advance(SECOND);
    lease.invalidate();
    PoolWorld.eventually(() -> "told", () -> heard.events().size() == 3);
    assertTrue(pool.close(Duration.ZERO));

    told(
        new Dialed("orders", 1, FakeTransport.SLOW),
        new Waited("orders", FakeTransport.SLOW, Outcome.SERVED),
        new Closed("orders", CloseReason.INVALIDATED, SECOND, null),
        new PoolClosed("orders", true));
  }

  @Test
  void aListenerHasThePoolBeforeAnythingHappensInIt() {
    List<ConnPool<?>> opened = new CopyOnWriteArrayList<>();
    List<PoolStats> found = new CopyOnWriteArrayList<>();

    ConnPool<FakeConn> pool =
        pool(
            b ->
                b.minIdle(1)
                    .listener(
                        new PoolListener() {
                          @Override
                          public void poolOpened(ConnPool<?> itself) {
                            opened.add(itself);
                            found.add(itself.stats());
                          }
                        }));

    assertEquals(List.of(pool), opened);
    assertEquals("", figures(found.get(0)));
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aListenerThatRefusesAPoolIsHeardByItsBuilderAndThoseBeforeItAreToldTheEnd() {
    IllegalArgumentException refusal = new IllegalArgumentException("one too many");
    AtomicInteger endsOfTheRefused = new AtomicInteger();
    PoolListener refusing =
        new PoolListener() {
          @Override
          public void poolOpened(ConnPool<?> pool) {
            throw refusal;
          }

          @Override
          public void poolClosed(PoolClosed event) {
            endsOfTheRefused.incrementAndGet();
          }
        };

    assertSame(
        refusal,
        assertThrows(
            IllegalArgumentException.class,
            () -> pool(b -> b.name("orders").minIdle(1).listener(heard).listener(refusing))));

    told(new PoolClosed("orders", true));
    assertEquals(0, endsOfTheRefused.get());
    clock().advance(SECOND);
    assertEquals(0, transport().attempts());
  }

  @Test
  void aFailedAttemptIsToldWithItsNumberItsTimeAndItsCause() throws Exception {
    transport().next(Function.DIAL, Step.THROW, Step.HANG);
    ConnPool<FakeConn> pool =
        pool(
            b ->
                b.maxActive(1)
                    .listener(heard)
                    .dialAttempts(2)
                    .dialTimeout(SECOND)
                    .acquireTimeout(LIMIT));

    CompletableFuture<Lease<FakeConn>> waiting = pool.acquireAsync();
    world.advanceUntil(Duration.ofMillis(100), LIMIT, waiting::isDone);
    failure(DialException.class, waiting);

    PoolWorld.eventually(() -> "told twice", () -> heard.events(DialFailed.class).size() == 2);
    DialFailed first = heard.events(DialFailed.class).get(0);
    DialFailed second = heard.events(DialFailed.class).get(1);
    assertEquals(List.of(1, Duration.ZERO), List.of(first.attempt(), first.took()));
    assertTrue(first.cause().getMessage().contains("scripted failure of DIAL"));
    assertEquals(List.of(2, SECOND), List.of(second.attempt(), second.took()));
    assertTrue(second.cause().getMessage().contains("not done within 1.0 s"));
  }

  @Test
  void aWaitIsToldHoweverItEnds() throws Exception {
    ConnPool<FakeConn> pool = poolHeardBy(heard);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    int before = (int) pool.stats().waits().count(); // for its dial, if that took long enough
    PoolWorld.eventually(() -> "told", () -> heard.events(Waited.class).size() == before);

    Caller<Lease<FakeConn>> served = beginWaiting(pool, pool::acquire);
    clock().advance(SECOND);
    leases.get(0).close();
    Lease<FakeConn> lease = served.result();
    Caller<Lease<FakeConn>> interrupted = beginWaiting(pool, pool::acquire);
    interrupted.interrupt();
    interrupted.failure(InterruptedException.class);
    CompletableFuture<Lease<FakeConn>> cancelled = pool.acquireAsync();
    cancelled.cancel(false);
    Caller<Lease<FakeConn>> late = beginWaiting(pool, () -> pool.acquire(SECOND));
    clock().advance(SECOND);
    late.failure(AcquireTimeoutException.class);
    CompletableFuture<Lease<FakeConn>> lateFuture = pool.acquireAsync(SECOND);
    clock().advance(SECOND);
    failure(AcquireTimeoutException.class, lateFuture);
    Caller<Lease<FakeConn>> refused = beginWaiting(pool, pool::acquire);
    Caller<Boolean> closer = begin(() -> pool.close(SECOND));
    refused.failure(PoolClosedException.class);
    PoolWorld.eventually(() -> "all told", () -> heard.events(Waited.class).size() == before + 6);
    leases.set(0, lease);
    closeAll(leases);
    closer.result();

    List<Waited> told = heard.events(Waited.class);
    assertEquals(
        List.of(
            waited(SECOND, Outcome.SERVED),
            waited(Duration.ZERO, Outcome.GIVEN_UP),
            waited(Duration.ZERO, Outcome.GIVEN_UP),
            waited(SECOND, Outcome.TIMED_OUT),
            waited(SECOND, Outcome.TIMED_OUT),
            waited(Duration.ZERO, Outcome.FAILED)),
        told.subList(before, told.size()));
    assertEquals(told.size(), pool.stats().waits().count());
    assertEquals(SECOND, pool.stats().waits().max());
    assertEquals(SECOND.multipliedBy(3), pool.stats().waits().total());
  }

  private static Waited waited(Duration time, Outcome outcome) {
    return new Waited("orders", time, outcome);
  }

  @Test
  void whoFindsAConnectionReadyHasNotWaited() throws Exception {
    ConnPool<FakeConn> pool = poolHeardBy(heard);
    fillIdle(pool, 1);
    heard.await(Dialed.class);
    long before = pool.stats().waits().count();

    for (AccessPath path : AccessPath.values()) {
      path.use(pool, LIMIT);
    }
    pool.tryAcquire().orElseThrow().close();

    assertEquals(before, pool.stats().waits().count());
  }

  @Test
  void whoMayNotWaitHasNotWaited() throws Exception {
    ConnPool<FakeConn> pool = poolHeardBy(heard);
    takeAll(pool, 1);
    long before = pool.stats().waits().count();

    begin(() -> pool.acquire(Duration.ZERO)).failure(AcquireTimeoutException.class);
    failure(AcquireTimeoutException.class, pool.acquireAsync(Duration.ZERO));

    assertEquals(before, pool.stats().waits().count());
  }

  @Test
  void theFiguresKnowTheReasonOfEachCloseAndTheLastFailure() throws Exception {
    transport().next(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = poolOf(1);
    begin(pool::acquire).failure(DialException.class);
    clock().advance(SECOND);
    pool.acquire().invalidate();
    transport().connection(1);
    atRest(pool, "dialed 1, dialFailures 1, closed 1");
    clock().advance(SECOND);

    assertEquals(1, pool.stats().closedBy().get(CloseReason.INVALIDATED));
    assertEquals(1, pool.stats().closedBy().size());
    assertEquals(Duration.ofSeconds(2), pool.stats().lastDialFailure().ago());
    assertTrue(
        pool.stats().lastDialFailure().cause().getMessage().contains("scripted failure of DIAL"));
    String text = pool.stats().toString();
    assertTrue(
        text.startsWith(
            "0 idle, 0 leased, 0 waiting; so far 1 dialed, 1 dials failed (the last 2.0 s ago:"
                + " java.io.IOException: scripted failure of DIAL), 1 closed (1 INVALIDATED)"),
        text);
  }

  // --- what listeners do ---

  @Test
  void nobodyIsToldOnACallersThread() throws Exception {
    CompletableFuture<Thread> teller = new CompletableFuture<>();
    ConnPool<FakeConn> pool =
        poolHeardBy(
            new PoolListener() {
              @Override
              public void closed(Closed event) {
                teller.complete(Thread.currentThread());
              }
            });

    pool.acquire().invalidate();

    assertNotSame(Thread.currentThread(), result(teller));
  }

  @Test
  void whatAListenerThrowsReachesNeitherThePoolNorTheNextListenerNorTheNextEvent()
      throws Exception {
    EventRecorder thrower =
        new EventRecorder() {
          @Override
          protected void heard(PoolEvent event) {
            super.heard(event);
            Thread.currentThread().interrupt();
            throw new AssertionError("listener's defect");
          }
        };
    AtomicInteger interrupted = new AtomicInteger();
    EventRecorder next =
        new EventRecorder() {
          @Override
          protected void heard(PoolEvent event) {
            super.heard(event);
            if (Thread.currentThread().isInterrupted()) {
              interrupted.incrementAndGet();
            }
          }
        };
    ConnPool<FakeConn> pool =
        pool(b -> b.maxActive(1).listener(thrower).listener(next).listener(heard));

    pool.acquire().invalidate();
    pool.close(Duration.ZERO);

    assertEquals(heard.events(), thrower.events());
    assertEquals(heard.events(), next.events());
    assertEquals(0, interrupted.get());
    assertInstanceOf(PoolClosed.class, heard.events().get(heard.events().size() - 1));
    assertEquals(1, heard.events(Closed.class).size());
  }

  @Test
  void aListenerThatHangsDelaysNothingButEventsAndLosesTheSurplus() throws Exception {
    EventRecorder hanging =
        new EventRecorder() {
          @Override
          public void dialed(Dialed event) {
            super.dialed(event);
            awaitRelease();
          }
        };
    ConnPool<FakeConn> pool = poolHeardBy(hanging);
    pool.acquire().close();
    hanging.await(Dialed.class);

    for (int i = 0; i < 1_000; i++) {
      pool.acquire().invalidate(); // each makes a dial and a close, and some make a wait
    }
    PoolWorld.eventually(
        pool,
        "one is being told, 1,024 wait, the others are lost",
        stats -> stats.closed() == 1_000 && stats.lostEvents() == made(stats) - 1 - 1_024);
    long lost = pool.stats().lostEvents();
    hang.countDown();

    assertEquals(lost, hanging.await(EventsLost.class).count());
    PoolWorld.eventually(
        () -> "all told or lost", () -> hanging.events().size() - 1 + lost == made(pool.stats()));
    pool.acquire().invalidate();
    PoolWorld.eventually(
        () -> "told again", () -> hanging.events().size() - 1 + lost == made(pool.stats()));
    assertEquals(lost, pool.stats().lostEvents());
  }

  /** How many events there were to tell. */
  private static long made(PoolStats stats) {
    return stats.dialed() + stats.closed() + stats.waits().count();
  }

  @Test
  void aListenerThatHangsDoesNotHoldUpTheCloseBeyondItsLimit() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    ConnPool<FakeConn> pool =
        poolHeardBy(
            new EventRecorder() {
              @Override
              public void dialed(Dialed event) {
                heard.dialed(event);
                try {
                  new CountDownLatch(1).await();
                } catch (InterruptedException end) {
                  interrupted.complete(true);
                }
              }

              @Override
              public void poolClosed(PoolClosed event) {
                heard.poolClosed(event);
              }
            });
    pool.acquire().close();
    heard.await(Dialed.class);

    Caller<Boolean> closer = begin(() -> pool.close(Duration.ZERO));
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);
    assertFalse(closer.isDone());
    clock().advance(SECOND);

    assertTrue(closer.result(), "the listener is no lease and no close");
    assertTrue(result(interrupted));
    still("nothing is told after the end", () -> heard.events(PoolClosed.class).isEmpty());
  }

  @Test
  void theEndIsToldAlsoIfACloseHangsBeyondIt() throws Exception {
    transport().always(Function.CLOSE, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolHeardBy(heard);
    fillIdle(pool, 1);
    Caller<Boolean> closer = begin(() -> pool.close(Duration.ZERO));
    PoolWorld.eventually(() -> "hangs", () -> transport().blocked() == 1);
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);

    clock().advance(SECOND);

    assertFalse(closer.result());
    assertFalse(heard.await(PoolClosed.class).clean());
  }

  @Test
  void aCloseWaitsForItsListeners() throws Exception {
    ConnPool<FakeConn> pool =
        poolHeardBy(
            new EventRecorder() {
              @Override
              public void dialed(Dialed event) {
                heard.dialed(event);
                awaitRelease();
              }

              @Override
              public void poolClosed(PoolClosed event) {
                heard.poolClosed(event);
              }
            });
    pool.acquire().close();
    heard.await(Dialed.class);

    Caller<Boolean> closer = begin(() -> pool.close(SECOND));
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);
    still("waits", () -> !closer.isDone());
    hang.countDown();

    assertTrue(closer.result());
    assertEquals(1, heard.events(PoolClosed.class).size());
  }

  @Test
  void aListenerMayUseThePool() throws Exception {
    CompletableFuture<Integer> used = new CompletableFuture<>();
    CompletableFuture<ConnPool<FakeConn>> pool = new CompletableFuture<>();
    pool.complete(
        poolHeardBy(
            new PoolListener() {
              @Override
              public void closed(Closed event) {
                try {
                  used.complete(pool.join().call(FakeConn::id));
                } catch (Exception failure) {
                  used.completeExceptionally(failure);
                }
              }
            }));

    pool.join().acquire().invalidate();

    assertEquals(2, result(used));
  }

  @Test
  void aListenerMayCloseThePoolAndIsToldSoAfterwards() throws Exception {
    CompletableFuture<Boolean> clean = new CompletableFuture<>();
    CompletableFuture<ConnPool<FakeConn>> pool = new CompletableFuture<>();
    EventRecorder closer =
        new EventRecorder() {
          @Override
          public void closed(Closed event) {
            super.closed(event);
            if (!clean.isDone()) {
              clean.complete(pool.join().close(SECOND));
            }
          }
        };
    pool.complete(poolHeardBy(closer));

    pool.join().acquire().invalidate();

    assertTrue(result(clean));
    assertTrue(closer.await(PoolClosed.class).clean());
  }

  @Test
  void aListenerMayCloseAPoolThatSomebodyElseIsClosing() throws Exception {
    CompletableFuture<Boolean> clean = new CompletableFuture<>();
    CompletableFuture<ConnPool<FakeConn>> pool = new CompletableFuture<>();
    pool.complete(
        poolHeardBy(
            new EventRecorder() {
              @Override
              public void dialed(Dialed event) {
                heard.dialed(event);
                awaitRelease();
                clean.complete(pool.join().close(SECOND));
              }
            }));
    pool.join().acquire().close();
    heard.await(Dialed.class);

    Caller<Boolean> closer = begin(() -> pool.join().close(SECOND));
    PoolWorld.eventually(() -> "close waits", closer::isWaitingOrDone);
    hang.countDown();

    assertTrue(result(clean));
    assertTrue(closer.result());
  }

  /** As a listener that hangs and ignores interrupts. */
  private void awaitRelease() {
    boolean interrupted = false;
    while (hang.getCount() > 0) {
      try {
        hang.await();
      } catch (InterruptedException deaf) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
