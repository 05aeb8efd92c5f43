package io.connpool.testkit;

import io.connpool.internal.Environment;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Time that moves only when the test says so. Timers fire on the thread that moves it, in order of
 * their time; threads parked until a moment are woken when it has come.
 */
public final class ManualClock implements Environment.Clock, Environment.Timers {
  /** Far from zero, so that code which takes zero for "never" is found out. */
  private static final long ORIGIN = 1_000_000_000_000L;

  private final AtomicLong now = new AtomicLong(ORIGIN);
  private final AtomicLong order = new AtomicLong();
  private final Map<Thread, Long> parked = new ConcurrentHashMap<>();
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.<Task>comparingLong(task -> task.at - ORIGIN)
              .thenComparingLong(task -> task.order));
  private final Runnable settle;
  private volatile Runnable beforeWakeUp = () -> {};
  private boolean closed;

  /** A clock that nobody else's work depends on. */
  public ManualClock() {
    this(() -> {});
  }

  /**
   * A clock that lets work come to rest before it moves.
   *
   * @param settle returns when everything that can run at this time has run
   */
  public ManualClock(Runnable settle) {
    this.settle = settle;
  }

  private record Task(long at, long order, Runnable action) {}

  @Override
  public long nanoTime() {
    return now.get();
  }

  @Override
  public void parkUntil(Object blocker, long moment) {
    Thread me = Thread.currentThread();
    parked.put(me, moment);
    try {
      if (moment - now.get() > 0) {
        LockSupport.park(blocker);
      }
    } finally {
      parked.remove(me);
    }
  }

  @Override
  public void park(Object blocker) {
    parkUntil(blocker, now.get() + Long.MAX_VALUE / 2);
  }

  @Override
  public void unpark(Thread thread) {
    beforeWakeUp.run();
    LockSupport.unpark(thread);
  }

  /** Waits until this moment, as a slow peer would make one wait; interruptible. */
  void sleepUntil(long until) throws InterruptedException {
    while (until - now.get() > 0) {
      parkUntil(this, until);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  @Override
  public synchronized Environment.Timer at(long moment, Runnable action) {
    if (closed) {
      return () -> {};
    }
    if (moment - now.get() <= 0) { // time moved on while the caller was about to ask
      Thread late = new Thread(action, "manual-clock-late");
      late.setDaemon(true);
      late.start();
      return () -> {};
    }
    Task task = new Task(moment, order.getAndIncrement(), action);
    tasks.add(task);
    return () -> cancel(task);
  }

  private synchronized void cancel(Task task) {
    tasks.remove(task);
  }

  /** Runs this on each thread that wakes another one, before it does. */
  public void beforeWakeUp(Runnable action) {
    beforeWakeUp = action;
  }

  /** How many threads wait for this clock right now. */
  public int parkedThreads() {
    return parked.size();
  }

  /** Whether a thread whose moment has come has not noticed yet. */
  boolean hasLateSleepers() {
    return parked.values().stream().anyMatch(until -> until - now.get() <= 0);
  }

  /** How many timers have not fired. */
  public synchronized int pendingTimers() {
    return tasks.size();
  }

  /**
   * Moves time on, firing what becomes due on the way, each at its own time. Work that this causes
   * comes to rest before time moves further, so that a fast clock cuts nothing off.
   */
  public void advance(Duration duration) {
    long target = now.get() + duration.toNanos();
    settle.run();
    fireUntil(target);
    moveTo(target);
    fireUntil(target); // set by somebody who still saw the old time
    settle.run();
  }

  private void fireUntil(long target) {
    for (Task next = due(target); next != null; next = due(target)) {
      moveTo(Math.max(now.get(), next.at));
      next.action.run();
      settle.run();
    }
  }

  /** Moves time on while the timers stand still, as if the process had been frozen. */
  public void freeze(Duration duration) {
    moveTo(now.get() + duration.toNanos());
  }

  private synchronized Task due(long target) {
    Task next = tasks.peek();
    return next != null && next.at - target <= 0 ? tasks.poll() : null;
  }

  private void moveTo(long moment) {
    synchronized (this) { // so that at() sees either this time or that its task will be seen
      now.set(moment);
    }
    parked.forEach(
        (thread, until) -> {
          if (until - moment <= 0) {
            LockSupport.unpark(thread);
          }
        });
  }

  @Override
  public synchronized void close() {
    closed = true;
    tasks.clear();
  }
}
