package io.connpool.contract;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.Op;
import io.connpool.PoolClosedException;
import io.connpool.PoolEvent.Waited;
import io.connpool.PoolEvent.Waited.Outcome;
import io.connpool.Verdict;
import io.connpool.Verdict.Blame;
import io.connpool.Verdict.Fate;
import io.connpool.Verdict.Retry;
import io.connpool.testkit.EventRecorder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Idempotent calls are made once more if their connection had gone stale, and others suspected. */
abstract class RetryContract extends PoolContract {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** The connections that bodies had, in order. */
  private final List<Integer> used = Collections.synchronizedList(new ArrayList<>());

  RetryContract(PoolKind kind) {
    super(kind);
  }

  /** Fails on every connection up to this one, as if the server had closed them. */
  private int useUnlessUpTo(int lastStale, FakeConn connection) throws IOException {
    used.add(connection.id());
    if (connection.id() <= lastStale) {
      throw new EOFException("closed by the server: " + connection);
    }
    return connection.id();
  }

  private int ask(ConnPool<FakeConn> pool, int lastStale) throws Exception {
    return pool.call(Op.idempotent(), connection -> useUnlessUpTo(lastStale, connection));
  }

  private IOException failsToAsk(ConnPool<FakeConn> pool, int lastStale) {
    return assertThrows(IOException.class, () -> ask(pool, lastStale));
  }

  // --- once more ---

  @Test
  void aCallWhoseConnectionHadGoneStaleIsMadeOnceMoreOnOneDialedForIt() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    fillIdle(pool, 2);

    assertEquals(3, ask(pool, 2));

    assertEquals(2, used.size());
    assertEquals(3, used.get(1), "not on the other one that lay idle");
    closedBecause(CloseReason.INVALIDATED, transport().connection(used.get(0)));
    atRest(pool, "idle 2, dialed 3, closed 1");
  }

  @Test
  void aCallThatSucceedsIsMadeOnce() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    assertEquals(1, ask(pool, 0));

    assertEquals(List.of(1), used);
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theSecondFailureGoesOnWithTheFirstOneSuppressedInIt() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    IOException second = failsToAsk(pool, 9);

    assertEquals("closed by the server: FakeConn#2", second.getMessage());
    assertEquals("closed by the server: FakeConn#1", second.getSuppressed()[0].getMessage());
    assertEquals(List.of(1, 2), used);
    atRest(pool, "dialed 2, closed 2");
  }

  @Test
  void theSameFailureTwiceIsNotSuppressedInItself() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    IOException always = new IOException("always this one");

    assertSame(
        always,
        assertThrows(
            IOException.class, () -> pool.call(Op.idempotent(), c -> CallContract.raise(always))));

    assertEquals(2, transport().attempts());
  }

  @Test
  void aConnectionThatLayIdleSinceItsDialMayBeStaleToo() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(1).minIdle(1));
    atRest(pool, "idle 1, dialed 1");
    clock().advance(SECOND.multipliedBy(3)); // the keeper has seen it lie idle

    assertEquals(2, ask(pool, 1));
  }

  @Test
  void whatIsDialedGoesToTheCallBeforeItGoesToTheQueue() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    Caller<FakeConn> caller =
        begin(
            () -> {
              AtomicInteger rest = new AtomicInteger(2);
              return pool.call(
                  Op.idempotent(),
                  connection -> {
                    used.add(connection.id());
                    if (rest.decrementAndGet() > 0) {
                      takeAll(pool, 1, 1).forEach(unused -> {});
                      throw new EOFException("gone");
                    }
                    return connection;
                  });
            });

    assertEquals(2, caller.result().id());
    assertEquals(List.of(1, 2), used);
  }

  /** Callers that take what is left of the first connection and one that waits for another. */
  private List<CompletableFuture<Lease<FakeConn>>> takeAll(
      ConnPool<FakeConn> pool, int taken, int waiting) {
    List<CompletableFuture<Lease<FakeConn>>> callers = new ArrayList<>();
    for (int i = taken; i < kind.capacity() + waiting; i++) {
      callers.add(pool.acquireAsync());
    }
    return callers;
  }

  @Test
  void manyCallsOverDeadConnectionsDialNoMoreAtOnceThanThePoolMay() throws Exception {
    int connections = 6;
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(connections).maxConcurrentDials(2));
    fillIdle(pool, connections);
    Semaphore dials = holdDials();
    List<Caller<Integer>> callers = new ArrayList<>();
    Semaphore allIn = new Semaphore(0);
    int calls = connections * kind.capacity();
    for (int i = 0; i < calls; i++) {
      callers.add(
          begin(
              () ->
                  pool.call(
                      Op.idempotent(),
                      connection -> {
                        if (connection.id() <= connections) {
                          allIn.release();
                          eventually(() -> "all are in", () -> allIn.availablePermits() == calls);
                        }
                        return useUnlessUpTo(connections, connection);
                      })));
    }

    heldDials(dials, 2);
    still("two dials at most", () -> dials.getQueueLength() <= 2);
    dials.release(calls);

    for (Caller<Integer> caller : callers) {
      assertTrue(caller.result() > connections);
    }
    assertEquals(0, pool.stats().leases());
    assertEquals(0, pool.stats().pending());
  }

  // --- not once more ---

  @Test
  void aNewConnectionThatFailsIsNotReplaced() {
    ConnPool<FakeConn> pool = poolOf(2);

    assertEquals(0, failsToAsk(pool, 9).getSuppressed().length);

    assertEquals(List.of(1), used);
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aCallThatIsNotIdempotentIsMadeOnce() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 1);

    assertThrows(IOException.class, () -> pool.call(connection -> useUnlessUpTo(9, connection)));
    assertThrows(
        IOException.class, () -> pool.call(LIMIT, connection -> useUnlessUpTo(9, connection)));

    assertEquals(2, used.size());
  }

  @Test
  void aVerdictThatForbidsItIsObeyed() throws Exception {
    for (Verdict verdict :
        List.of(
            Verdict.KEEP,
            Verdict.RETIRE,
            new Verdict(Fate.KEEP, Retry.MAYBE_SENT, Blame.ENDPOINT),
            new Verdict(Fate.CLOSE, Retry.NEVER, Blame.ENDPOINT),
            new Verdict(Fate.CLOSE, Retry.NOT_SENT, Blame.CALLER),
            new Verdict(Fate.CLOSE, Retry.MAYBE_SENT, Blame.LOCAL))) {
      ConnPool<FakeConn> pool = poolJudging(verdict);
      pool.run(FakeConn::use);
      used.clear();

      failsToAsk(pool, 99);

      assertEquals(1, used.size(), verdict::toString);
    }
  }

  @Test
  void whatWasNotSentIsSentOnceMore() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(new Verdict(Fate.CLOSE, Retry.NOT_SENT, Blame.ENDPOINT));
    fillIdle(pool, 1);

    assertEquals(2, ask(pool, 1));
  }

  @Test
  void aPeerThatDoesNotAnswerInTimeIsNotAskedAgain() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    IOException late = new SocketTimeoutException("no answer");

    for (Exception timeout : List.of(late, new IOException("wrapped", late))) {
      assertSame(
          timeout,
          assertThrows(
              IOException.class,
              () ->
                  pool.call(
                      Op.idempotent(),
                      connection -> {
                        used.add(connection.id());
                        return CallContract.raise(timeout);
                      })));
      fillAgain(pool);
    }

    assertEquals(2, used.size());
  }

  private void fillAgain(ConnPool<FakeConn> pool) throws Exception {
    closeAll(takeAll(pool, 1));
  }

  @Test
  void aFailureLaterThanASecondIsNotThatOfAStaleConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    assertThrows(
        EOFException.class,
        () ->
            pool.call(
                Op.idempotent(),
                connection -> {
                  clock().advance(SECOND);
                  return useUnlessUpTo(1, connection);
                }));

    assertEquals(List.of(1), used);
  }

  @Test
  void aFailureJustBeforeThatIs() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    int id =
        pool.call(
            Op.idempotent(),
            connection -> {
              if (connection.id() == 1) {
                clock().advance(SECOND.minus(NANO));
              }
              return useUnlessUpTo(1, connection);
            });

    assertEquals(2, id);
  }

  @Test
  void theBudgetLimitsHowOftenItHappens() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    int retries = retriesUntilRefused(pool);

    // ten a second for ten seconds, and two calls for each of them, of which a fifth
    assertEquals(166, retries);
    clock().advance(Duration.ofSeconds(11));
    pool.call(Op.idempotent(), FakeConn::id);
    ask(pool, transport().attempts());
  }

  /** Two calls for each retry: one that makes the connection a used one, one that fails on it. */
  private int retriesUntilRefused(ConnPool<FakeConn> pool) throws Exception {
    for (int retries = 0; retries < 1_000; retries++) {
      pool.call(Op.idempotent(), FakeConn::id);
      int stale = transport().attempts();
      try {
        ask(pool, stale);
      } catch (EOFException refused) {
        return retries;
      }
    }
    return Integer.MAX_VALUE;
  }

  // --- the wait ---

  @Test
  void theWaitForTheSecondConnectionIsToldAndCountedLikeAnyOther() throws Exception {
    EventRecorder heard = new EventRecorder();
    ConnPool<FakeConn> pool = pool(b -> b.name("orders").maxActive(1).listener(heard));
    fillIdle(pool, 1);
    PoolWorld.eventually(
        () -> "told", () -> heard.events(Waited.class).size() == pool.stats().waits().count());
    long before = pool.stats().waits().count(); // for its dial, if that took long enough
    transport().next(Function.DIAL, Step.SLOW, Step.HANG, Step.HANG);

    Caller<Integer> served = beginWaiting(pool, () -> ask(pool, 1));
    PoolWorld.eventually(() -> "dials", () -> transport().blocked() == 1);
    clock().advance(FakeTransport.SLOW);
    assertEquals(2, served.result());
    Caller<Integer> late = beginWaiting(pool, () -> ask(pool, 9));
    clock().advance(LIMIT);
    late.failure(EOFException.class);
    transport().releaseAll();

    PoolWorld.eventually(
        () -> heard.events().toString(), () -> heard.events(Waited.class).size() == before + 2);
    assertEquals(
        List.of(
            new Waited("orders", FakeTransport.SLOW, Outcome.SERVED),
            new Waited("orders", LIMIT, Outcome.TIMED_OUT)),
        heard.events(Waited.class).subList((int) before, (int) before + 2));
    assertEquals(before + 2, pool.stats().waits().count());
  }

  // --- the end of the wait ---

  @Test
  void theWaitForTheSecondConnectionEndsWithTheDeadlineOfTheCall() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    transport().next(Function.DIAL, Step.HANG_DEAF);
    Caller<Integer> caller = beginWaiting(pool, () -> ask(pool, 9));
    clock().advance(SECOND.multipliedBy(2));
    closeAll(leases);
    eventually(() -> "dials", () -> transport().blocked() == 1);

    clock().advance(SECOND.minus(NANO));
    still("waits", () -> !caller.isDone());
    clock().advance(NANO);

    Throwable stood = caller.failure(EOFException.class).getSuppressed()[0];
    assertInstanceOf(AcquireTimeoutException.class, stood);
    assertEquals(List.of(1), used);
    assertEquals(1, pool.stats().timeouts());
    assertEquals(0, pool.stats().pending());
    transport().releaseAll();
    atRest(pool, "idle 1, dialed 2, closed 1, timeouts 1");
  }

  @Test
  void aCallThatWaitsForADialKeepsNobodyFromAParkedConnection() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(2).maxConcurrentDials(1));
    fillIdle(pool, 2);
    transport().next(Function.DIAL, Step.HANG_DEAF);
    beginWaiting(pool, () -> ask(pool, 2));
    eventually(() -> "dials", () -> transport().blocked() == 1);
    clock().advance(SECOND); // from now on nobody counts on this dial
    pool.suspectAll(); // what is parked needs a heartbeat, and none is due by itself

    assertTrue(begin(pool::acquire).result().get().id() <= 2);
    transport().releaseAll();
  }

  @Test
  void anOperationMayHaveItsOwnLimit() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().next(Function.DIAL, Step.HANG_DEAF);
    Caller<Integer> caller =
        beginWaiting(
            pool, () -> pool.call(Op.idempotent().within(SECOND), c -> useUnlessUpTo(9, c)));

    eventually(() -> "dials", () -> transport().blocked() == 1);
    clock().advance(SECOND.minus(NANO));
    still("waits", () -> !caller.isDone());
    clock().advance(NANO);

    caller.failure(EOFException.class);
  }

  @Test
  void withoutTimeForASecondConnectionTheFailureGoesOn() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    EOFException failure =
        assertThrows(
            EOFException.class,
            () ->
                pool.call(
                    Op.idempotent().within(Duration.ZERO),
                    connection -> useUnlessUpTo(9, connection)));

    assertEquals(0, failure.getSuppressed().length);
    assertEquals(List.of(1), used);
  }

  @Test
  void ifTheDialFailsTheFirstFailureGoesOnWithThatSuppressedInIt() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().next(Function.DIAL, Step.THROW);

    IOException failure = failsToAsk(pool, 9);

    assertEquals("closed by the server: FakeConn#1", failure.getMessage());
    assertInstanceOf(DialException.class, failure.getSuppressed()[0]);
    assertEquals(List.of(1), used);
    assertEquals(0, pool.stats().pending());
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    Semaphore dials = holdDials();
    Caller<Integer> caller = beginWaiting(pool, () -> ask(pool, 9));

    caller.interrupt();

    assertInstanceOf(
        EOFException.class, caller.failure(InterruptedException.class).getSuppressed()[0]);
    dials.release();
    atRest(pool, "idle 1, dialed 2, closed 1");
  }

  @Test
  void theCloseOfThePoolEndsTheWait() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    holdDials();
    Caller<Integer> caller = beginWaiting(pool, () -> ask(pool, 9));

    pool.close(Duration.ZERO);

    assertInstanceOf(
        PoolClosedException.class, caller.failure(EOFException.class).getSuppressed()[0]);
  }

  @Test
  void aNewConnectionThatIsBadIsDialedAgain() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    transport().next(Function.HEARTBEAT, Step.THROW);
    Caller<Integer> caller = begin(() -> ask(pool, 2));

    // its first heartbeat failed, so the episode failed, and with it the second try
    assertInstanceOf(DialException.class, caller.failure(EOFException.class).getSuppressed()[0]);
  }

  @Test
  void misuseIsRefused() {
    ConnPool<FakeConn> pool = poolOf(1);

    assertThrows(NullPointerException.class, () -> pool.call(Op.idempotent(), nullBody()));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> Op.idempotent().within(Duration.ofMillis(-3)));
    assertEquals("timeout must not be negative, but is PT-0.003S", refused.getMessage());
    assertEquals(0, transport().attempts());
  }

  private static io.connpool.Call<FakeConn, Integer, RuntimeException> nullBody() {
    return null;
  }

  // --- the others ---

  @Test
  void whenAConnectionThatHadWorkedIsLostTheOthersMustPassAHeartbeat() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 2);

    assertThrows(IOException.class, () -> pool.run(c -> CallContract.raise(new IOException())));

    assertEquals(2, pool.call(FakeConn::heartbeats), "one after its dial, one now");
  }

  @Test
  void theLossOfAnAsynchronousCallCountsToo() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 2);

    failure(
        IOException.class, pool.callAsync(c -> CompletableFuture.failedFuture(new IOException())));

    assertEquals(2, pool.call(FakeConn::heartbeats));
  }

  @Test
  void theLossOfACallThatIsMadeAgainCountsToo() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    fillIdle(pool, 2);

    ask(pool, 2);
    takeAll(pool, 2);

    FakeConn other = transport().connection(used.get(0) == 1 ? 2 : 1);
    assertEquals(2, other.heartbeats());
  }

  @Test
  void theFailureOfANewConnectionSaysNothingAboutTheOthers() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    fillIdle(pool, 2);
    List<Lease<FakeConn>> two = takeAll(pool, 2);

    assertThrows(IOException.class, () -> pool.run(c -> CallContract.raise(new IOException())));
    closeAll(two);
    pool.run(FakeConn::use);

    assertEquals(1, transport().connection(1).heartbeats());
  }

  @Test
  void aFailureThatIsNoLossSaysNothingAboutTheOthers() throws Exception {
    ConnPool<FakeConn> pool = pool(b -> b.maxActive(4).classify((c, t) -> Verdict.of(t)));
    fillIdle(pool, 4);

    for (Exception failure :
        List.of(
            new SocketTimeoutException("late"),
            new IllegalStateException("a bug"),
            new InterruptedException("enough"))) {
      assertThrows(Exception.class, () -> pool.run(c -> CallContract.raise(failure)));
    }

    assertEquals(1, pool.call(FakeConn::heartbeats));
    assertEquals(4, transport().attempts());
  }

  @Test
  void aRequestThatKillsItsConnectionEachTimeCostsTheOthersOneHeartbeatASecond() throws Exception {
    ConnPool<FakeConn> pool = poolOf(3);
    fillIdle(pool, 3);

    assertThrows(IOException.class, () -> pool.run(c -> CallContract.raise(new IOException())));
    closeAll(takeAll(pool, 2)); // those that are left prove themselves
    assertThrows(IOException.class, () -> pool.run(c -> CallContract.raise(new IOException())));

    assertEquals(2, pool.call(FakeConn::heartbeats), "only the first loss was suspicious");
  }
}
