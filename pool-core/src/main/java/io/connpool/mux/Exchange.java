package io.connpool.mux;

import io.connpool.threads.VirtualThreads;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A request of ours and its outcome. Never reused: what refers to an old call cannot touch a new
 * one. Completed once, by whoever took it out of {@link Calls} or withdrew it from the {@link
 * Gate}.
 */
abstract class Exchange extends Message {
  final long began;
  final long deadline;

  // Written by the completer before it publishes.
  byte @Nullable [] answer; // its last piece, if something came before
  @Nullable Fragments before;
  @Nullable MuxException failure;

  Exchange(int type, byte[] body, long began, long timeoutNanos) {
    super(type, type == Wire.REQUEST ? waitMillis(timeoutNanos) : 0, 0, body);
    this.began = began;
    this.deadline = began + timeoutNanos;
  }

  private static int waitMillis(long timeoutNanos) {
    return (int) Math.min(timeoutNanos / 1_000_000 + 1, Wire.LONG_WAIT);
  }

  /** How many of the requests in flight it counts as. */
  final int places() {
    return type == Wire.REQUEST ? 1 : 0;
  }

  private volatile boolean done;

  /** Sets the outcome, for everybody who looks. */
  final void publish(byte @Nullable [] itsAnswer, @Nullable MuxException itsFailure) {
    answer = itsAnswer;
    failure = itsFailure;
    done = true;
  }

  /** The answer, once it is there and unless it failed. */
  final byte[] wholeAnswer() {
    return Fragments.join(before, Objects.requireNonNull(answer));
  }

  final boolean isDone() {
    return done;
  }

  /** Tells the one who waits: unparks him or runs his callbacks. */
  abstract void deliver();

  /** The caller waits on his own thread. */
  static final class Sync extends Exchange {
    /**
     * A platform thread yields so often before it parks: parking and being unparked costs two
     * switches and a system call, and with the answer a few microseconds away a yield is cheaper.
     * Virtual threads park at once, which costs them next to nothing.
     */
    private static final int YIELDS = 8;

    /**
     * As many as fit into a round trip over loopback (25 us): nobody else is there whom they keep
     * from working, and not one thread has to be woken. Measured: 11 k calls a second with 8, 19
     * with 64, 22 with 200.
     */
    private static final int YIELDS_ALONE = 64;

    private final Thread waiter = Thread.currentThread();

    Sync(int type, byte[] body, long began, long timeoutNanos) {
      super(type, body, began, timeoutNanos);
    }

    boolean isVirtual() {
      return VirtualThreads.isVirtual(waiter);
    }

    @Override
    void deliver() {
      LockSupport.unpark(waiter);
    }

    /**
     * Waits without a limit of its own: the loop sweeps deadlines, and a loop that ends ends its
     * calls.
     *
     * @param alone whether nobody else waits
     * @return false if the thread was interrupted first; the flag is cleared
     */
    @SuppressWarnings("ThreadPriorityCheck") // a matter of speed only
    boolean await(boolean alone) {
      int yields = isVirtual() ? 0 : alone ? YIELDS_ALONE : YIELDS;
      while (!isDone()) {
        if (yields > 0) {
          yields--;
          Thread.yield();
        } else {
          LockSupport.park(this);
        }
        if (!isDone() && Thread.interrupted()) {
          return false;
        }
      }
      return true;
    }

    /** The outcome, once it is there. */
    byte[] outcome() throws MuxException {
      if (failure != null) {
        failure.fillInStackTrace(); // of the caller, instead of the loop's
        throw failure;
      }
      return wholeAnswer();
    }
  }

  /** The caller has a future. */
  static final class Async extends Exchange implements Crew.Job {
    final Future future;

    Async(Requester requester, byte[] body, long began, long timeoutNanos) {
      super(Wire.REQUEST, body, began, timeoutNanos);
      future = new Future(requester, this);
    }

    @Override
    void deliver() {
      if (failure != null) {
        future.completeExceptionally(failure);
        return;
      }
      byte[] whole;
      try {
        whole = wholeAnswer();
      } catch (OutOfMemoryError noRoom) {
        future.completeExceptionally(noRoom);
        return;
      }
      future.complete(whole);
    }

    @Override
    public void run(boolean moreToCome) {
      deliver();
    }
  }

  /** Cancelling it cancels the call. Stages derived from it are ordinary ones. */
  static final class Future extends CompletableFuture<byte[]> {
    private final Requester requester;
    private final Async exchange;

    Future(Requester requester, Async exchange) {
      this.requester = requester;
      this.exchange = exchange;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      requester.cancel(exchange);
      return super.cancel(mayInterruptIfRunning);
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }
}
