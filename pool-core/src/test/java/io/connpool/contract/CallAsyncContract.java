package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.AcquireTimeoutException;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** {@code callAsync}: the lease lasts until the stage of the body completes. */
abstract class CallAsyncContract extends PoolContract {
  CallAsyncContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void theLeaseLastsUntilTheStageCompletes() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    CompletableFuture<String> stage = new CompletableFuture<>();

    CompletableFuture<String> answer = pool.callAsync(connection -> stage);
    atRest(pool, "leased 1, leases 1, dialed 1");
    still("not done before its stage", () -> !answer.isDone());
    stage.complete("answer");

    assertEquals("answer", result(answer));
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theConnectionIsBackWhenTheAnswerIsThere() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    CompletableFuture<String> stage = new CompletableFuture<>();

    CompletableFuture<Integer> leasesAtTheEnd =
        pool.callAsync(connection -> stage).thenApply(answer -> pool.stats().leases());
    stage.complete("answer");

    assertEquals(0, result(leasesAtTheEnd));
  }

  @Test
  void theBodyRunsOnTheCallersThreadIfAConnectionIsReady() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    AtomicReference<Thread> ranOn = new AtomicReference<>();

    CompletableFuture<String> answer =
        pool.callAsync(
            connection -> {
              ranOn.set(Thread.currentThread());
              return CompletableFuture.completedFuture("answer");
            });

    assertTrue(answer.isDone());
    assertSame(Thread.currentThread(), ranOn.get());
  }

  @Test
  void theBodyRunsOnAThreadOfThePoolIfItHadToWait() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    CompletableFuture<Thread> ranOn =
        pool.callAsync(connection -> CompletableFuture.completedFuture(Thread.currentThread()));

    leases.get(0).close();

    assertNotSame(Thread.currentThread(), result(ranOn));
  }

  @Test
  void anAnswerMayBeNull() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    assertSame(null, result(pool.<String>callAsync(c -> CompletableFuture.completedFuture(null))));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void theBodyNeverRunsIfNoConnectionCame() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);
    AtomicBoolean ran = new AtomicBoolean();
    CompletableFuture<?> answer = callThatRecords(pool, ran);

    clock().advance(LIMIT.minus(NANO));
    still("it waits", () -> !answer.isDone());
    clock().advance(NANO);

    failure(AcquireTimeoutException.class, answer);
    assertFalse(ran.get());
  }

  private static CompletableFuture<?> callThatRecords(ConnPool<FakeConn> pool, AtomicBoolean ran) {
    return pool.callAsync(connection -> CompletableFuture.completedFuture(ran.getAndSet(true)));
  }

  @Test
  void aFailedDialIsNeverShownToTheClassifier() throws Exception {
    transport().next(Function.DIAL, Step.THROW);
    AtomicBoolean asked = new AtomicBoolean();
    hooks.classify =
        (connection, failure) -> {
          asked.set(true);
          return Verdict.CLOSE;
        };
    ConnPool<FakeConn> pool = poolClassifying();
    AtomicBoolean ran = new AtomicBoolean();

    failure(DialException.class, callThatRecords(pool, ran));

    assertFalse(ran.get());
    assertFalse(asked.get());
  }

  // --- failures ---

  @Test
  void aFailedStageClosesTheConnectionByDefault() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    IOException failed = new IOException("half an answer");

    assertSame(
        failed,
        failure(IOException.class, pool.callAsync(c -> CompletableFuture.failedFuture(failed))));

    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void keepGivesTheConnectionOfAFailedStageBack() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(Verdict.KEEP);

    failure(
        IOException.class, pool.callAsync(c -> CompletableFuture.failedFuture(new IOException())));

    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void retireClosesTheConnectionOfAFailedStage() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(Verdict.RETIRE);

    failure(
        IOException.class, pool.callAsync(c -> CompletableFuture.failedFuture(new IOException())));

    closedBecause(CloseReason.RETIRED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  /** What a dependent stage wraps in a CompletionException is still the failure. */
  @Test
  void theClassifierSeesTheFailureItselfAndNotItsWrapper() throws Exception {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    hooks.classify =
        (connection, failure) -> {
          seen.set(failure);
          return Verdict.KEEP;
        };
    ConnPool<FakeConn> pool = poolClassifying();
    IOException failed = new IOException("half an answer");

    CompletableFuture<Object> answer =
        pool.callAsync(
            c -> CompletableFuture.failedFuture(failed).thenApply(unreached -> unreached));

    assertSame(failed, failure(IOException.class, answer));
    assertSame(failed, seen.get());
  }

  @Test
  void aBodyThatThrowsFailsTheFutureAndIsJudged() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    IOException thrown = new IOException("could not even begin");

    CompletableFuture<String> answer = pool.callAsync(c -> CallContract.raise(thrown));

    assertSame(thrown, failure(IOException.class, answer));
    closedBecause(CloseReason.INVALIDATED, transport().connection(1));
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aBodyThatThrowsAnErrorFailsTheFutureAndIsJudged() throws Exception {
    ConnPool<FakeConn> pool = poolJudging(Verdict.KEEP);
    AssertionError thrown = new AssertionError("wrong");

    CompletableFuture<String> answer = pool.callAsync(c -> CallContract.raise(thrown));

    assertSame(thrown, failure(AssertionError.class, answer));
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aQueuedBodyThatThrowsFailsTheFutureAndIsJudged() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    AssertionError thrown = new AssertionError("wrong");
    CompletableFuture<String> answer = pool.callAsync(c -> CallContract.raise(thrown));

    closeAll(leases);

    assertSame(thrown, failure(AssertionError.class, answer));
    atRest(pool, "dialed 1, closed 1");
  }

  @Test
  void aBodyWithoutAStageFailsTheFutureAndLosesNoPlace() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);

    failure(NullPointerException.class, pool.callAsync(connection -> null));

    PoolWorld.eventually(pool, "the lease has ended", stats -> stats.leases() == 0);
    assertFalse(pool.acquire().get().isClosed());
  }

  @Test
  void aClassifierThatThrowsHidesNothingAndTheConnectionIsClosed() throws Exception {
    hooks.classify =
        (connection, failure) -> {
          throw new IllegalStateException("no idea");
        };
    ConnPool<FakeConn> pool = poolClassifying();
    IOException failed = new IOException("the real one");

    assertSame(
        failed,
        failure(IOException.class, pool.callAsync(c -> CompletableFuture.failedFuture(failed))));

    atRest(pool, "dialed 1, closed 1");
  }

  // --- cancelling ---

  @Test
  void cancellingWhileQueuedGivesUpThePlaceAndTheBodyNeverRuns() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    List<Lease<FakeConn>> leases = takeAll(pool, 1);
    AtomicBoolean ran = new AtomicBoolean();
    CompletableFuture<?> answer = callThatRecords(pool, ran);

    assertTrue(answer.cancel(false));
    PoolWorld.eventually(pool, "nobody waits", stats -> stats.pending() == 0);
    closeAll(leases);

    atRest(pool, "idle 1, dialed 1");
    assertFalse(ran.get());
    assertThrows(CancellationException.class, answer::join);
  }

  @Test
  void cancellingDoesNotStopABodyThatHasBegun() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);
    CompletableFuture<String> stage = new CompletableFuture<>();
    CompletableFuture<String> answer = pool.callAsync(connection -> stage);

    assertTrue(answer.cancel(true));

    assertFalse(stage.isDone());
    still("the lease is out", () -> pool.stats().leases() == 1);
    stage.complete("too late for anybody");
    atRest(pool, "idle 1, dialed 1");
  }

  @Test
  void aStageThatIsCancelledCountsAsAFailure() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    CompletableFuture<String> stage = new CompletableFuture<>();
    CompletableFuture<String> answer = pool.callAsync(connection -> stage);
    PoolWorld.eventually(pool, "begun", stats -> stats.leases() == 1);

    stage.cancel(true);

    Throwable failure = assertThrows(RuntimeException.class, answer::join);
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    assertSame(CancellationException.class, cause.getClass());
    atRest(pool, "dialed 1, closed 1");
  }
}
