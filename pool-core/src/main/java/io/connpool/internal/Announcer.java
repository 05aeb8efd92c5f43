package io.connpool.internal;

import io.connpool.PoolEvent;
import io.connpool.PoolEvent.EventsLost;
import io.connpool.PoolEvent.PoolClosed;
import io.connpool.PoolListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the listeners of one pool what happened: in order, one event at a time, on a worker, which
 * is taken when there is something to tell and left when there is not. Whoever has something to
 * tell leaves it in a bounded queue and goes on.
 */
final class Announcer {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** A burst of closes or dials of a large pool fits; a listener that hangs costs little memory. */
  static final int MOST_WAITING = 1024;

  private final String pool;
  private final List<PoolListener> listeners;
  private final Executor workers;
  private final ConcurrentLinkedQueue<Announcement<?>> queue = new ConcurrentLinkedQueue<>();

  /** Places of the queue that are not taken. */
  private final AtomicInteger room = new AtomicInteger(MOST_WAITING);

  /** Raised after an event is in the queue; who raises it from zero starts the telling. */
  private final AtomicInteger untold = new AtomicInteger();

  private final AtomicLong lost = new AtomicLong();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable Thread teller;

  /** Nothing is told any more. Written by the teller and by the end of the pool. */
  private volatile boolean over;

  /** What of {@link #lost} the listeners know; used by the teller. */
  private long lostAsTold;

  /** Which method of a listener is to be told what. */
  private record Announcement<E extends PoolEvent>(
      BiConsumer<PoolListener, E> method, E event, Runnable whenTold) {
    void to(PoolListener listener) {
      method.accept(listener, event);
    }
  }

  Announcer(String pool, List<PoolListener> listeners, Executor workers) {
    this.pool = pool;
    this.listeners = List.copyOf(listeners);
    this.workers = workers;
  }

  /** Whether anybody listens: events need not be made for nobody. */
  boolean isHeard() {
    return !listeners.isEmpty();
  }

  /** Tells an event soon, unless the listeners are too far behind or were told the pool's end. */
  <E extends PoolEvent> void tell(BiConsumer<PoolListener, E> method, E event) {
    if (ended.get()) {
      return;
    }
    if (room.getAndUpdate(free -> Math.max(0, free - 1)) == 0) {
      lose();
      return;
    }
    add(new Announcement<>(method, event, () -> {}));
  }

  /**
   * Tells the last event, for which there is always room.
   *
   * @param whenTold called when all listeners have been told; never if one hangs for ever
   */
  void tellTheEnd(PoolClosed event, Runnable whenTold) {
    ended.set(true);
    if (isHeard()) {
      add(new Announcement<>(PoolListener::poolClosed, event, whenTold));
    } else {
      whenTold.run();
    }
  }

  private void add(Announcement<?> announcement) {
    queue.add(announcement);
    if (untold.getAndIncrement() == 0) {
      try {
        workers.execute(this::tellAll);
      } catch (RejectedExecutionException | OutOfMemoryError noThread) {
        LOG.log(Level.WARNING, () -> "pool " + pool + ": no thread for its listeners", noThread);
        forAll(unheard -> lose());
      }
    }
  }

  private void lose() {
    if (lost.getAndIncrement() == 0) {
      LOG.log(
          Level.WARNING,
          () -> "pool %s: its listeners do not keep up, events are lost".formatted(pool));
    }
  }

  long countLost() {
    return lost.get();
  }

  /** Whether the caller is a listener that is being told something. */
  boolean isCalledByListener() {
    return teller == Thread.currentThread();
  }

  /** The listener that is being told something is interrupted, and nothing more is told. */
  void hangUp() {
    over = true;
    Thread at = teller;
    if (at != null) {
      at.interrupt();
    }
  }

  private void tellAll() {
    forAll(this::tellEverybody);
  }

  /** Empties the queue. Run by one thread at a time: the one that raised {@link #untold}. */
  private void forAll(Consumer<Announcement<?>> action) {
    do {
      Announcement<?> next = Objects.requireNonNull(queue.poll(), "counted after it was added");
      room.incrementAndGet();
      action.accept(next);
      next.whenTold().run();
    } while (untold.decrementAndGet() > 0);
  }

  private void tellEverybody(Announcement<?> announcement) {
    teller = Thread.currentThread();
    long lostNow = lost.get();
    if (lostNow > lostAsTold) {
      EventsLost gap = new EventsLost(pool, lostNow - lostAsTold);
      lostAsTold = lostNow;
      listeners.forEach(listener -> guarded(() -> listener.eventsLost(gap)));
    }
    listeners.forEach(listener -> guarded(() -> announcement.to(listener)));
    over |= announcement.event() instanceof PoolClosed;
    teller = null; // each time, because after the last event another thread may take over
  }

  private void guarded(Runnable listening) {
    if (over) {
      return;
    }
    try {
      listening.run();
    } catch (Throwable failure) {
      LOG.log(Level.WARNING, () -> "pool " + pool + ": a listener failed", failure);
    }
    Thread.interrupted(); // a listener's interrupt is no business of the next one's
  }
}
