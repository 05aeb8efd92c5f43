package io.connpool.contract;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolEvent.Down;
import io.connpool.PoolEvent.Up;
import io.connpool.testkit.EventRecorder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The endpoint is down: callers are told at once, if the pool was asked to; and warming up. */
@Timeout(60)
final class FailFastTest {
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  private static Throwable failureOf(CompletableFuture<?> future) {
    eventually(() -> "completes", future::isDone);
    return future.handle((value, failure) -> failure).getNow(null);
  }

  @Test
  void whenTheEndpointIsDownEverybodyWhoWaitsFailsAtOnceWithTheCause() {
    world.transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(1).failFastAfter(2).acquireTimeout(MINUTE));
    List<CompletableFuture<Lease<FakeConn>>> waiters = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiters.add(pool.acquireAsync());
    }
    assertInstanceOf(DialException.class, failureOf(waiters.get(0)), "by the first episode");
    assertFalse(waiters.get(1).isDone(), "one failure is not down");
    world.clock().advance(HALF_A_SECOND);
    for (CompletableFuture<Lease<FakeConn>> waiter : waiters) {
      assertInstanceOf(DialException.class, failureOf(waiter));
    }
    assertEquals(0, pool.stats().pending());
  }

  @Test
  void whoComesWhileItIsDownFailsAtOnceAndTheMessageSaysWhy() {
    world.transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(1).failFastAfter(1).acquireTimeout(MINUTE));
    failureOf(pool.acquireAsync());
    eventually(pool, "failed", s -> s.dialing() == 0 && s.dialFailures() >= 1);
    DialException told = assertThrows(DialException.class, pool::acquire);
    assertTrue(told.getMessage().contains("failFastAfter is 1"), told::getMessage);
    assertTrue(pool.acquireAsync().isCompletedExceptionally());
  }

  @Test
  void whileItIsDownThePoolItselfLooksAtLeastEveryHalfSecondWhetherItIsBack() throws Exception {
    world.transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(4).failFastAfter(1).acquireTimeout(MINUTE));
    failureOf(pool.acquireAsync());
    int before = world.transport().attempts();
    for (int i = 0; i < 10; i++) {
      world.clock().advance(HALF_A_SECOND);
    }
    int looks = world.transport().attempts() - before;
    assertTrue(looks >= 9, () -> looks + " dials in 5 s of nobody waiting");

    world.transport().always(Function.DIAL, Step.OK);
    world.clock().advance(HALF_A_SECOND);
    eventually(pool, "one is there", s -> s.idle() == 1);
    pool.acquire(Duration.ZERO).close();
  }

  @Test
  void listenersAreToldOnceThatItIsDownAndOnceThatItIsBack() {
    EventRecorder heard = new EventRecorder();
    world.transport().always(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool =
        world.pool(b -> b.name("orders").maxActive(1).failFastAfter(1).listener(heard));
    failureOf(pool.acquireAsync());
    Down down = heard.await(Down.class);
    for (int i = 0; i < 10; i++) {
      world.clock().advance(HALF_A_SECOND);
    }
    assertEquals(List.of(down), heard.events(Down.class));
    assertTrue(down.cause().getMessage().contains("scripted failure of DIAL"));
    assertEquals(List.of(), heard.events(Up.class));

    world.transport().always(Function.DIAL, Step.OK);
    world.clock().advance(HALF_A_SECOND);
    Up up = heard.await(Up.class);
    assertEquals("orders", up.pool());
    assertTrue(up.after().compareTo(Duration.ofSeconds(5)) >= 0, up::toString);
    assertTrue(up.after().compareTo(Duration.ofMillis(5_500)) <= 0, up::toString);

    world.transport().always(Function.DIAL, Step.THROW);
    world.transport().connection(1).kill();
    failureOf(pool.acquireAsync());
    eventually(() -> "down again", () -> heard.events(Down.class).size() == 2);
  }

  @Test
  void asLongAsOneConnectionLivesNobodyIsRefused() throws Exception {
    ConnPool<FakeConn> pool =
        world.pool(b -> b.maxActive(2).failFastAfter(1).acquireTimeout(MINUTE));
    Lease<FakeConn> alive = pool.acquire();
    world.transport().always(Function.DIAL, Step.THROW);
    failureOf(pool.acquireAsync());
    CompletableFuture<Lease<FakeConn>> waiter = pool.acquireAsync();
    assertFalse(waiter.isDone());
    alive.close();
    eventually(() -> "served", waiter::isDone);
    assertEquals(1, waiter.join().get().id());
  }

  // --- warming up ---

  @Test
  void warmingUpDialsSoManyAtOnceAndTellsOnTheWay() throws Exception {
    world.transport().always(Function.DIAL, Step.SLOW);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(8).maxConcurrentDials(1));
    List<Integer> told = new CopyOnWriteArrayList<>();
    AtomicInteger reached = new AtomicInteger();
    Thread caller = world.spawn(() -> reached.set(pool.warmUp(6, 6, MINUTE, told::add)));
    eventually(() -> "six dials at once", () -> world.transport().dialing() == 6);
    world.clock().advance(io.connpool.testkit.FakeTransport.SLOW);
    eventually(() -> "ends", () -> !caller.isAlive());
    assertEquals(6, reached.get());
    assertEquals(0, told.get(0));
    assertEquals(6, told.get(told.size() - 1));
    assertEquals(6, pool.stats().idle());
  }

  @Test
  void warmingUpGoesOnAfterAFailureAndEndsWhenItsTimeIsOver() throws Exception {
    world.transport().always(Function.DIAL, Step.THROW).next(Function.DIAL, Step.OK);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
    AtomicInteger reached = new AtomicInteger(-1);
    Thread caller =
        world.spawn(() -> reached.set(pool.warmUp(2, 1, Duration.ofSeconds(10), n -> {})));
    eventually(() -> "failed once", () -> pool.stats().dialFailures() == 1);
    world.advanceUntil(HALF_A_SECOND, MINUTE, () -> !caller.isAlive());
    assertEquals(1, reached.get());
    assertTrue(pool.stats().dialFailures() > 5, () -> pool.stats().toString());
  }

  @Test
  void warmingUpEndsWithThePool() throws Exception {
    world.transport().always(Function.DIAL, Step.HANG);
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
    Thread caller = world.spawn(() -> assertEquals(0, pool.warmUp(2, 2, MINUTE, n -> {})));
    eventually(() -> "dials", () -> world.transport().dialing() == 2);
    pool.close(Duration.ZERO);
    eventually(() -> "ends", () -> !caller.isAlive());
  }

  @Test
  void nonsenseIsRejectedWithTheValue() {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    for (String expected : List.of("connections must be 0 to 3, but is 4", "parallelism")) {
      IllegalArgumentException told =
          assertThrows(
              IllegalArgumentException.class,
              () -> pool.warmUp(expected.startsWith("conn") ? 4 : 1, 0, MINUTE, n -> {}));
      assertTrue(told.getMessage().contains(expected), told::getMessage);
    }
    assertThrows(
        IllegalArgumentException.class, () -> pool.warmUp(1, 1, Duration.ofNanos(-1), n -> {}));
  }
}
