package io.connpool.internal;

import io.connpool.CloseReason;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections, away from the threads that let them go. A few closes run at once; one that
 * hangs is cut off after the dial timeout, and the others do not wait for it.
 */
final class Disposer<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** Enough that one slow close holds up nobody, few enough not to be a storm. */
  private static final int AT_ONCE = 8;

  /** So many waiting closes mean that closing hangs: dialing more would only add to them. */
  private static final int BACKLOG = 64;

  private final Engine<C> engine;
  private final ConcurrentLinkedQueue<Closing> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final LongAdder failures = new LongAdder();
  private volatile boolean hurry;
  private volatile boolean cutShort;

  Disposer(Engine<C> engine) {
    this.engine = engine;
  }

  /** Closes soon what was dialed and never got into the pool. */
  void dispose(C connection, CloseReason reason) {
    dispose(connection, reason, 0);
  }

  /** Closes a connection soon. The caller has taken it out of circulation. */
  void dispose(C connection, CloseReason reason, long ageNanos) {
    engine.chronicle.letGo(reason);
    queued.incrementAndGet();
    waiting.add(new Closing(connection, reason, ageNanos));
    startNext();
  }

  /** From now on all closes start at once: the pool is ending, and so is their number. */
  void hurry() {
    hurry = true;
    startNext();
  }

  boolean isBehind() {
    return queued.get() >= BACKLOG;
  }

  /** Whether every close that was asked for has returned or was cut off. */
  boolean isDone() {
    return queued.get() == 0;
  }

  /** Whether the pool ended without a close having returned. */
  boolean wasCutShort() {
    return cutShort;
  }

  long countFailures() {
    return failures.sum();
  }

  private void startNext() {
    for (; ; ) {
      int now = running.get();
      if (waiting.isEmpty() || (now >= AT_ONCE && !hurry)) {
        return;
      }
      if (running.compareAndSet(now, now + 1)) {
        Closing next = waiting.poll();
        if (next != null) {
          next.start(engine.settings().dialTimeout);
        } else {
          running.decrementAndGet(); // and look again: one may have been added meanwhile
        }
      }
    }
  }

  private void logFailure(CloseReason reason, Throwable failure) {
    LOG.log(
        Level.WARNING,
        () -> "pool " + engine.name + ": closing a connection (" + reason + ") failed",
        failure);
  }

  private final class Closing extends TimedCall<Boolean> {
    private final C connection;
    private final CloseReason reason;
    private final long ageNanos;
    private final Flight.@Nullable Close event = Flight.begun(new Flight.Close());
    private volatile @Nullable String lastWords;

    Closing(C connection, CloseReason reason, long ageNanos) {
      super(engine.calls);
      this.connection = connection;
      this.reason = reason;
      this.ageNanos = ageNanos;
    }

    @Override
    Boolean call() throws Exception {
      if (reason == CloseReason.DIRTY) {
        String words = engine.transport.lastWords(connection);
        if (words != null) {
          lastWords = words;
          engine.chronicle.hasLastWords(words);
        }
      }
      engine.transport.close(connection, reason);
      return true;
    }

    /**
     * After a freeze of the whole process the limit may be over before a worker has begun. That is
     * counted as a failure, but the connection is closed all the same.
     */
    @Override
    void missed() {
      try {
        call();
      } catch (Throwable failure) {
        logFailure(reason, failure);
      }
    }

    /** The pool has ended; whoever brings this connection so late closes it himself. */
    @Override
    void refused() {
      run();
    }

    @Override
    boolean outlivesPool() {
      return true;
    }

    @Override
    void succeeded(Boolean result) {
      ended(null);
    }

    @Override
    void failed(Throwable failure) {
      if (isCut() && engine.isClosed()) {
        cutShort = true;
      }
      ended(failure);
    }

    private void ended(@Nullable Throwable failure) {
      if (failure != null) {
        failures.increment();
        logFailure(reason, failure);
      }
      engine.chronicle.closed(reason, ageNanos, lastWords);
      if (event != null) {
        event.end(engine.name, reason, ageNanos, failure);
      }
      boolean wasBehind = queued.getAndDecrement() == BACKLOG;
      running.decrementAndGet();
      startNext();
      if (wasBehind) {
        engine.capacityFreed();
      }
      engine.shutdown.check();
    }
  }
}
