package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** {@code call} and {@code run}: acquire, use, judge, release. */
abstract class CallContract extends PoolContract {
  CallContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void callReturnsWhatTheBodyReturnsAndReleases() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    assertEquals("used 1", pool.call(connection -> "used " + connection.id()));
    assertEquals("again 1", pool.call(LIMIT, connection -> "again " + connection.id()));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void callMayReturnNull() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    assertNull(pool.<String, RuntimeException>call(connection -> null));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theBodyRunsOnTheCallersThreadWhileTheConnectionIsOut() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    pool.run(
        connection -> {
          assertEquals("leased 1, leases 1, dialed 1", figures(pool.stats()));
          assertFalse(connection.isClosed());
        });
    Thread ranOn = pool.call(connection -> Thread.currentThread());

    assertSame(Thread.currentThread(), ranOn);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theConnectionIsBackWhenTheCallReturns() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    for (int i = 0; i < 100; i++) {
      pool.run(FakeConn::use);
      pool.tryAcquire().orElseThrow().close();
    }
  }

  @Test
  void theBodyNeverRunsIfNoConnectionCame() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    AtomicBoolean ran = new AtomicBoolean();
    Caller<?> caller = beginWaiting(pool, () -> pool.call(connection -> ran.getAndSet(true)));

    clock().advance(LIMIT);

    caller.failure(AcquireTimeoutException.class);
    assertFalse(ran.get());
  }

  @Test
  void aBodyMayCallAgain() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);

    int sum = pool.call(outer -> pool.call(inner -> outer.heartbeats() + inner.heartbeats()));

    assertEquals(2, sum);
    PoolContract.atRest(pool, kind.capacity() == 1 ? "idle 2, dialed 2" : "idle 1, dialed 1");
  }

  // --- what it throws ---

  @Test
  void whatTheBodyThrowsGoesOnUnchanged() {
    ConnPool<FakeConn> pool = poolOf(1);
    IOException checked = new IOException("half an answer");
    IllegalStateException unchecked = new IllegalStateException("confused");
    AssertionError error = new AssertionError("wrong");

    assertSame(checked, assertThrows(IOException.class, () -> pool.call(c -> raise(checked))));
    assertSame(
        unchecked,
        assertThrows(IllegalStateException.class, () -> pool.run(c -> raise(unchecked))));
    assertSame(error, assertThrows(AssertionError.class, () -> pool.run(LIMIT, c -> raise(error))));

    atRest(pool, "dialed 3, closed 3");
  }

  /** Throws anything, as generic code does. */
  @SuppressWarnings("unchecked")
  static <R, X extends Throwable> R raise(Throwable failure) throws X {
    throw (X) failure;
  }

  @Test
  void anInterruptedBodyIsNoDifferent() {
    ConnPool<FakeConn> pool = poolOf(1);
    InterruptedException interrupt = new InterruptedException("in the body");

    assertSame(
        interrupt, assertThrows(InterruptedException.class, () -> pool.run(c -> raise(interrupt))));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
  }

  @Test
  void anInterruptFlagSetByTheBodyStaysAndTheConnectionIsKept() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    pool.run(connection -> Thread.currentThread().interrupt());
    assertTrue(Thread.interrupted());

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void byDefaultAFailureClosesTheConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(IOException.class, () -> pool.run(c -> raise(new IOException())));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.call(FakeConn::id));
  }

  // --- verdicts ---

  @Test
  void keepGivesTheConnectionBack() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(Verdict.KEEP);

    assertThrows(IOException.class, () -> pool.run(c -> raise(new IOException())));

    atRest(pool, "idle 1, dialed 1");
    assertEquals(1, pool.call(FakeConn::id));
  }

  @Test
  void retireClosesTheConnectionWhenItIsBack() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(Verdict.RETIRE);

    assertThrows(IOException.class, () -> pool.run(c -> raise(new IOException())));

    closedBecause(CloseReason.RETIRED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
    assertEquals(2, pool.call(FakeConn::id));
  }

  @Test
  void theVerdictIsAskedAboutTheConnectionAndTheFailureOnce() {
    AtomicReference<FakeConn> connection = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    hooks.classify =
        (asked, about) -> {
          connection.set(asked);
          assertNull(failure.getAndSet(about), "asked twice");
          return Verdict.KEEP;
        };
    ConnPool<FakeConn> pool = poolClassifying();
    IOException thrown = new IOException();

    assertThrows(IOException.class, () -> pool.run(c -> raise(thrown)));

    assertSame(thrown, failure.get());
    assertSame(transport().connection(1), connection.get());
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theVerdictOfAnErrorCountsToo() {
    ConnPool<FakeConn> pool = poolJudging(Verdict.KEEP);

    assertThrows(AssertionError.class, () -> pool.run(c -> raise(new AssertionError())));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aClassifierThatThrowsHidesNothingAndTheConnectionIsClosed() {
    hooks.classify =
        (connection, failure) -> {
          throw new IllegalStateException("no idea");
        };
    ConnPool<FakeConn> pool = poolClassifying();
    IOException thrown = new IOException("the real one");

    assertSame(thrown, assertThrows(IOException.class, () -> pool.run(c -> raise(thrown))));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aClassifierThatThrowsAnErrorHidesNothingEither() {
    hooks.classify =
        (connection, failure) -> {
          throw new StackOverflowError();
        };
    ConnPool<FakeConn> pool = poolClassifying();
    IOException thrown = new IOException("the real one");

    assertSame(thrown, assertThrows(IOException.class, () -> pool.run(c -> raise(thrown))));

    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aClassifierWithoutAnAnswerMeansClose() {
    ConnPool<FakeConn> pool = poolJudging(null);

    assertThrows(IOException.class, () -> pool.run(c -> raise(new IOException())));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aFailureThatClosesTheConnectionServesAWaiterWithANewOne() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> others = takeAll(pool, 1);
    others.remove(0).close(); // a place for the call below
    AtomicReference<Caller<FakeConn>> waiter = new AtomicReference<>();

    assertThrows(
        IOException.class,
        () ->
            pool.run(
                connection -> {
                  waiter.set(beginWaiting(pool, () -> AccessPath.CALL.use(pool, LIMIT)));
                  raise(new IOException());
                }));

    assertEquals(2, waiter.get().result().id());
  }
}
