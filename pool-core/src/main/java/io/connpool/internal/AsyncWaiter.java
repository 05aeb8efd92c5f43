package io.connpool.internal;

import io.connpool.Lease;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A caller that waits as a future. Its outcome is passed on by a worker, not by who caused it. */
final class AsyncWaiter<C> extends Waiter<C> {
  private final WaitingRoom<C> room;
  private final CompletableFuture<Lease<C>> future = new CompletableFuture<>();
  private final long limitNanos;

  /** Who asked, if leases are watched. */
  final LeakWatch.@Nullable Origin origin;

  private volatile boolean overdue;
  private volatile Environment.@Nullable Timer timer;

  AsyncWaiter(
      WaitingRoom<C> room,
      Environment.Clock clock,
      long limitNanos,
      LeakWatch.@Nullable Origin origin) {
    super(clock, null);
    this.room = room;
    this.limitNanos = limitNanos;
    this.origin = origin;
  }

  /** How long it is willing to wait. */
  long limitNanos() {
    return limitNanos;
  }

  /** Its time is over: a loan that is on its way may still serve it, nothing else. */
  void markOverdue() {
    overdue = true;
  }

  boolean isOverdue() {
    return overdue;
  }

  CompletableFuture<Lease<C>> future() {
    return future;
  }

  /** Sets the timer that ends the wait. */
  void limitedBy(Environment.Timer limit) {
    timer = limit;
    if (hasLeft()) { // whoever served it meanwhile may have found no timer to cancel
      cancelTimer();
    }
  }

  /**
   * It has an outcome: the future is completed on a worker, because its dependents are user code.
   */
  void completeOn(Executor workers) {
    try {
      workers.execute(() -> room.complete(this));
    } catch (RejectedExecutionException | OutOfMemoryError poolEndedOrNoThread) {
      room.complete(this);
    }
  }

  void cancelTimer() {
    Environment.Timer limit = timer;
    if (limit != null) {
      limit.cancel();
    }
  }
}
