package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolEvent;
import io.connpool.PoolEvent.LeakReturned;
import io.connpool.PoolEvent.LeakSuspected;
import io.connpool.PoolEvent.Leaked;
import io.connpool.testkit.EventRecorder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import io.connpool.testkit.PoolWorld.ThrowingRunnable;
import java.lang.ref.Reference;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Complaint 34 of the study of the pools: reports of leaks are false, name the wrong place, do not
 * say what the holder does now nor that the lease came back; and an acquire inside a lease, which
 * waits for itself, looks like any other time-out.
 */
@Timeout(60)
class LeakComplaintsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration THRESHOLD = Duration.ofSeconds(60);

  /** More collections than a lease that nobody has can survive. */
  private static final int MOST_COLLECTIONS = 200;

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  @RegisterExtension final PoolWorld shared = PoolWorld.shared(3);
  private final EventRecorder heard = new EventRecorder();
  private final CountDownLatch release = new CountDownLatch(1);

  private ConnPool<FakeConn> pool(UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return poolIn(world, settings);
  }

  private ConnPool<FakeConn> poolIn(
      PoolWorld where, UnaryOperator<PoolBuilder<FakeConn>> settings) {
    return where.pool(
        b ->
            settings.apply(b.name("orders").maxActive(1).leakThreshold(THRESHOLD).listener(heard)));
  }

  private static boolean names(Collection<StackTraceElement> stack, String method) {
    return stack.stream().anyMatch(frame -> frame.getMethodName().equals(method));
  }

  private static boolean names(Throwable stack, String method) {
    return names(Arrays.asList(stack.getStackTrace()), method);
  }

  // --- too long ---

  private void takesALease(ConnPool<FakeConn> pool) throws Exception {
    try (Lease<FakeConn> lease = pool.acquire()) {
      lease.get().use();
      worksForLong();
    }
  }

  private void worksForLong() throws Exception {
    release.await();
  }

  @Test
  void complaint34_aLeaseOutForTooLongIsToldOnceWithWhoTookItAndWhatHeDoesNow() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b);
    Thread holder = world.spawn(() -> takesALease(pool));
    eventually(() -> "holds", () -> names(Arrays.asList(holder.getStackTrace()), "worksForLong"));
    world.clock().advance(THRESHOLD.minus(SECOND));
    assertEquals(List.of(), heard.events(LeakSuspected.class));

    world.clock().advance(SECOND.multipliedBy(2));

    LeakSuspected told = heard.await(LeakSuspected.class);
    assertEquals(List.of("orders", holder.getName()), List.of(told.pool(), told.thread()));
    assertTrue(told.out().compareTo(THRESHOLD) >= 0, told::toString);
    assertTrue(names(told.taken(), "takesALease"), told::toString);
    assertFalse(names(told.taken(), "worksForLong"), "where it was taken, not where it is now");
    assertTrue(names(told.holderNow(), "worksForLong"), told::toString);
    world.clock().advance(THRESHOLD.multipliedBy(3));
    assertEquals(List.of(told), heard.events(LeakSuspected.class), "once");

    release.countDown();

    LeakReturned returned = heard.await(LeakReturned.class);
    assertSame(told.taken(), returned.taken());
    assertTrue(returned.out().compareTo(THRESHOLD.multipliedBy(4)) >= 0, returned::toString);
    assertEquals(0, pool.stats().closed(), "it was only slow");
  }

  @Test
  void complaint34_theLogSaysTheSameAndNotOnTheThreadOfTheTimers() throws Exception {
    List<LogRecord> records = new CopyOnWriteArrayList<>();
    List<Thread> writers = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            if (entry.getMessage().contains("orders: ")) {
              writers.add(Thread.currentThread());
              records.add(entry);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.connpool");
    logger.addHandler(handler);
    try {
      Lease<FakeConn> lease = pool(b -> b).acquire();
      world.clock().advance(THRESHOLD.plus(SECOND));
      eventually(() -> "suspected", () -> records.size() == 1);
      lease.close();
      eventually(() -> "returned", () -> records.size() == 2);
    } finally {
      logger.removeHandler(handler);
    }
    String me = Thread.currentThread().getName();
    String first = records.get(0).getMessage();
    assertTrue(first.startsWith("pool orders: a lease taken by " + me + " is out for 6"), first);
    assertTrue(first.contains("is now\n\tat "), first);
    assertTrue(
        names(
            records.get(0).getThrown(),
            "complaint34_theLogSaysTheSameAndNotOnTheThreadOfTheTimers"));
    String second = records.get(1).getMessage();
    assertTrue(second.startsWith("pool orders: the lease taken by " + me + " came back"), second);
    writers.forEach(writer -> assertNotSame(Thread.currentThread(), writer));
  }

  @Test
  void complaint34_aHolderThatHasEndedHasNoStack() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b);
    List<Lease<FakeConn>> handedOn = new CopyOnWriteArrayList<>();
    world.spawn(() -> handedOn.add(pool.acquire())).join();

    world.clock().advance(THRESHOLD.plus(SECOND));

    assertEquals(List.of(), heard.await(LeakSuspected.class).holderNow());
    handedOn.get(0).close();
  }

  @Test
  void complaint34_whatComesBackInTimeIsNotToldHoweverItEnds() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(3));
    List<Lease<FakeConn>> leases = List.of(pool.acquire(), pool.acquire(), pool.acquire());
    leases.get(0).close();
    leases.get(1).invalidate();
    leases.get(2).invalidate(new IllegalStateException("broken"));
    pool.call(FakeConn::id);

    world.clock().advance(THRESHOLD.multipliedBy(2));

    assertEquals(List.of(), leaks());
  }

  private List<PoolEvent> leaks() {
    List<PoolEvent> leaks = new ArrayList<>(heard.events(LeakSuspected.class));
    leaks.addAll(heard.events(LeakReturned.class));
    leaks.addAll(heard.events(Leaked.class));
    return leaks;
  }

  private CompletableFuture<Lease<FakeConn>> asksForALease(ConnPool<FakeConn> pool) {
    return pool.acquireAsync(Duration.ofHours(1));
  }

  /** Whether a connection is ready or not, the worker that completes the future is no holder. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void complaint34_ofAFutureTheOneWhoAskedIsTold(boolean ready) throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b);
    if (ready) {
      pool.acquire().close();
    }
    CompletableFuture<Lease<FakeConn>> asked = asksForALease(pool);
    eventually(() -> "served", asked::isDone);

    world.clock().advance(THRESHOLD.plus(SECOND));

    assertTrue(names(heard.await(LeakSuspected.class).taken(), "asksForALease"));
    asked.join().close();
  }

  @Test
  void complaint34_aCallThatHangsIsToldToo() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b);
    CompletableFuture<String> never = new CompletableFuture<>();
    CompletableFuture<String> call = pool.callAsync(connection -> never);
    eventually(pool, "begun", stats -> stats.leased() == 1);

    world.clock().advance(THRESHOLD.plus(SECOND));

    heard.await(LeakSuspected.class);
    never.complete("at last");
    assertEquals("at last", call.join());
    heard.await(LeakReturned.class);
  }

  @Test
  void complaint34_theThresholdCanBeSetWhenThereIsASuspicionAndNotBefore() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.leakThreshold(Duration.ZERO).maxActive(2));
    Lease<FakeConn> before = pool.acquire();
    pool.reconfigure(b -> b.leakThreshold(THRESHOLD));
    Lease<FakeConn> after = pool.acquire();

    world.clock().advance(THRESHOLD.plus(SECOND));
    assertEquals(1, heard.await(LeakSuspected.class).out().compareTo(Duration.ZERO));
    assertEquals(1, heard.events(LeakSuspected.class).size(), "only what was watched");

    pool.reconfigure(b -> b.leakThreshold(Duration.ZERO));
    after.close();
    heard.await(LeakReturned.class);
    before.close();
    assertEquals(0, pool.stats().misuses());
  }

  // --- forgotten ---

  private static void forgetsALease(ConnPool<FakeConn> pool) throws Exception {
    pool.acquire();
  }

  /** Collects garbage and lets the keeper look, until it has told of so many. */
  private void collect(PoolWorld where, int leaked) {
    for (int i = 0; heard.events(Leaked.class).size() < leaked; i++) {
      assertTrue(i < MOST_COLLECTIONS, () -> "told only of " + heard.events());
      System.gc();
      where.clock().advance(SECOND);
    }
  }

  @Test
  void complaint34_aLeaseThatWasForgottenFreesItsPlaceAndIsTold() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.leakThreshold(Duration.ofHours(10)));
    forgetsALease(pool);
    CompletableFuture<Lease<FakeConn>> next = pool.acquireAsync(Duration.ofHours(1));

    collect(world, 1);

    Leaked told = heard.await(Leaked.class);
    assertTrue(names(told.taken(), "forgetsALease"), told::toString);
    assertEquals("orders", told.pool());
    eventually(() -> "the next is served", next::isDone);
    assertEquals(2, next.join().get().id());
    assertEquals(
        CloseReason.LEAKED, world.transport().closeReason(world.transport().connection(1)));
    assertEquals(1, pool.stats().closedBy().get(CloseReason.LEAKED));
    assertEquals(0, pool.stats().misuses());
    assertEquals(List.of(told), leaks(), "nothing else");
    next.join().close();
  }

  @Test
  void complaint34_aFutureThatNobodyLookedAtIsALeakToo() {
    ConnPool<FakeConn> pool = pool(b -> b.leakThreshold(Duration.ofHours(10)));
    asksForALease(pool);
    eventually(pool, "served", stats -> stats.leased() == 1);

    collect(world, 1);

    eventually(pool, "free", stats -> stats.leased() == 0);
    assertTrue(names(heard.await(Leaked.class).taken(), "asksForALease"));
  }

  @Test
  void complaint34_aSharedConnectionOutlivesAForgottenShare() throws Exception {
    ConnPool<FakeConn> pool = poolIn(shared, b -> b.leakThreshold(Duration.ofHours(10)));
    Lease<FakeConn> kept = pool.acquire();
    forgetsALease(pool);
    assertEquals(2, pool.stats().leases());

    collect(shared, 1);

    eventually(pool, "one place is free", stats -> stats.leases() == 1);
    FakeConn connection = kept.get();
    assertFalse(connection.isClosed(), "others are at work in it");
    kept.close();
    eventually(() -> "closed", connection::isClosed);
    assertEquals(CloseReason.LEAKED, shared.transport().closeReason(connection));
  }

  /** Such a lease needs no second look, so it is the one that is easiest not to watch. */
  @Test
  void complaint34_theLeaseOfAConnectionThatWasReadyIsALeakToo() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.leakThreshold(Duration.ofHours(10)).maxActive(1));
    pool.acquire().close();
    forgetsALease(pool);

    collect(world, 1);

    assertEquals(1, heard.events(Leaked.class).size());
  }

  @Test
  void complaint34_whatIsHeldOrWasEndedIsNoLeakWhateverIsCollected() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.leakThreshold(Duration.ofHours(10)).maxActive(3));
    Lease<FakeConn> held = pool.acquire();
    pool.acquire().close();
    forgetsALease(pool); // is found, so what was there before it would have been found as well
    pool.acquire().invalidate();
    int sum =
        pool.call(
            connection -> {
              collect(world, 1);
              return connection.id();
            });

    assertTrue(sum > 0);
    assertEquals(1, heard.events(Leaked.class).size());
    assertFalse(held.get().isClosed());
    Reference.reachabilityFence(held);
    held.close();
  }

  // --- nested ---

  private static AcquireTimeoutException timeout(ConnPool<FakeConn> pool) {
    return assertThrows(AcquireTimeoutException.class, () -> pool.acquire(Duration.ZERO));
  }

  /** Whether a time-out of this thread says that so many of the leases are its own; 0: nothing. */
  private static void saysItTook(int leases, ConnPool<FakeConn> pool) {
    String message = timeout(pool).getMessage();
    if (leases == 0) {
      assertFalse(message.contains("this thread itself took"), message);
    } else {
      assertTrue(message.contains("this thread itself took " + leases + " of the leases"), message);
    }
  }

  private void onAnotherThread(ThrowingRunnable body) throws Exception {
    world.spawn(body).join();
  }

  /** HikariCP#442, refused there for what it would cost; here it costs one plain store. */
  @Test
  void complaint34_aTimeoutSaysHowManyOfTheLeasesTheWaitingThreadTook() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(3));
    List<Lease<FakeConn>> leases = new CopyOnWriteArrayList<>(List.of(pool.acquire()));
    pool.acquire().close();
    leases.add(pool.tryAcquire().orElseThrow());
    onAnotherThread(
        () -> {
          leases.add(pool.acquire());
          saysItTook(1, pool);
        });

    saysItTook(2, pool);
    onAnotherThread(() -> saysItTook(0, pool));

    leases.get(0).close();
    onAnotherThread(() -> leases.set(0, pool.acquire()));
    saysItTook(1, pool);
    leases.forEach(Lease::close);
    pool.call(
        connection -> {
          onAnotherThread(() -> leases.set(0, pool.acquire()));
          onAnotherThread(() -> leases.set(1, pool.acquire()));
          saysItTook(1, pool);
          return true;
        });
  }

  /** Who had the connection before it was watched has not taken the lease that is watched now. */
  @Test
  void complaint34_whoHadAConnectionBeforeItsLeasesWereWatchedIsNotItsHolder() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    pool.acquire().close();
    pool.reconfigure(b -> b.leakThreshold(THRESHOLD));
    List<Lease<FakeConn>> leases = new CopyOnWriteArrayList<>();
    onAnotherThread(() -> leases.add(pool.acquire()));

    saysItTook(0, pool);

    leases.get(0).close();
  }

  @Test
  void complaint34_whatWasTakenBeforeLeasesWereWatchedCountsBesideWhatWasTakenAfterwards()
      throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(2));
    Lease<FakeConn> before = pool.acquire();
    pool.reconfigure(b -> b.leakThreshold(THRESHOLD));
    Lease<FakeConn> after = pool.acquire();

    saysItTook(2, pool);

    before.close();
    after.close();
  }

  @Test
  void complaint34_whatWasHandedToAWaiterIsTheWaiters() throws Exception {
    ConnPool<FakeConn> pool = world.pool(b -> b.maxActive(1));
    Lease<FakeConn> mine = pool.acquire();
    CompletableFuture<Lease<FakeConn>> future = pool.acquireAsync();
    CompletableFuture<Lease<FakeConn>> waiter = new CompletableFuture<>();
    Thread thread =
        world.spawn(
            () -> {
              waiter.complete(pool.acquire());
              saysItTook(1, pool);
            });
    eventually(pool, "both wait", stats -> stats.pending() == 2);
    mine.close();
    eventually(() -> "the future first", future::isDone);
    saysItTook(0, pool);

    future.join().close();
    thread.join();

    saysItTook(0, pool);
    waiter.join().close();
  }

  private static Lease<FakeConn> takesTheFirst(ConnPool<FakeConn> pool) throws Exception {
    return pool.acquire();
  }

  @Test
  void complaint34_withAThresholdTheTimeoutShowsWhereTheLeasesWereTaken() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b);
    Lease<FakeConn> first = takesTheFirst(pool);

    Throwable[] shown = timeout(pool).getSuppressed();

    assertEquals(1, shown.length);
    assertTrue(names(shown[0], "takesTheFirst"));
    first.close();
  }

  @Test
  void complaint34_withAThresholdSharesAreCountedToo() throws Exception {
    ConnPool<FakeConn> pool = poolIn(shared, b -> b);
    List<Lease<FakeConn>> leases = List.of(pool.acquire(), pool.acquire(), pool.acquire());

    saysItTook(3, pool);

    leases.forEach(Lease::close);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void complaint34_virtualThreadsAreToldApart() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b);
    Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
    Method start = Class.forName("java.lang.Thread$Builder").getMethod("start", Runnable.class);
    CompletableFuture<Void> told = new CompletableFuture<>();
    Runnable holder =
        () -> {
          try {
            try (Lease<FakeConn> lease = pool.acquire()) {
              lease.get().use();
              saysItTook(1, pool);
              worksForLong();
            }
            told.complete(null);
          } catch (Throwable failure) {
            told.completeExceptionally(failure);
          }
        };
    Thread virtual = (Thread) start.invoke(builder, holder);
    eventually(
        () -> "holds",
        () -> told.isDone() || names(Arrays.asList(virtual.getStackTrace()), "worksForLong"));
    saysItTook(0, pool);

    world.clock().advance(THRESHOLD.plus(SECOND));

    assertTrue(names(heard.await(LeakSuspected.class).holderNow(), "worksForLong"));
    release.countDown();
    told.join();
  }
}
