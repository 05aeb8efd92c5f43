package io.connpool.mux;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One platform thread that reads for many sessions and writes for them when nobody else does. It
 * never blocks but in its selector and runs no user code unless inline handlers or callbacks ask
 * for it.
 *
 * <p><b>Who writes.</b> While the loop is {@link #awake} it will look at what is handed over before
 * it sleeps, so callers only queue: no system call for them, and what gathers meanwhile leaves in
 * one write. While it sleeps a caller writes himself.
 *
 * <p><b>A turn.</b> Read everything that has arrived; run inline callbacks; write what that and the
 * handed-over sessions have queued; only then wake the callers whose answers have come and start
 * the handlers: a thread woken earlier would take the processor and cut the batch short.
 *
 * <p><b>Going to sleep.</b> The loop clears {@code awake} and then looks once more for what was
 * handed over; a caller hands over and then looks whether the loop is still awake, and wakes it if
 * not. One of the two sees the other.
 *
 * <p><b>Ticks.</b> Every 10 ms while there was anything to do within the last second, for deadlines
 * and limits; else twice a second. Who begins something while ticks are slow wakes the loop.
 *
 * <p><b>Failures.</b> Whatever a channel throws, errors included, ends its own session. What
 * escapes from a turn all the same, memory that ran out for instance, ends every session of the
 * loop with that as the cause; the loop itself goes on, for those that begin later.
 */
final class IoLoop implements Runnable {
  private static final System.Logger LOG = System.getLogger(IoLoop.class.getName());

  /** Twice what a socket buffer holds by default; shared by all sessions, so the size is free. */
  private static final int READ_BUFFER = 256 * 1024;

  private static final long TICK_NANOS = 10_000_000;
  private static final long SLOW_TICK_NANOS = 500_000_000;
  private static final long ACTIVE_NANOS = 1_000_000_000;

  private static final long PAUSE_NANOS = 100_000_000;

  /** Writes to one session in one turn: as with reading, the others wait for it. */
  private static final int ROUNDS = 4;

  /** So many sleepers are woken for less than what a thread costs that wakes them. */
  private static final int FEW_SLEEPERS = 4;

  /** What the selector finds: a session's channel or a listening one. */
  interface Selected {
    void onSelected(SelectionKey key);
  }

  final String name;
  final Thread thread;
  final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BUFFER);

  private final Selector selector;
  private final Crew handlers;
  private final Crew callbacks;

  private volatile boolean awake = true;
  private volatile boolean ticking = true;
  private volatile boolean ending;

  /** A stack of writers, linked through themselves: each has one owner, so is in it once. */
  private final AtomicReference<@Nullable Writer> handedOver = new AtomicReference<>();

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  // Of the loop's thread.
  private final List<Session> sessions = new ArrayList<>();
  private final Deque<Writer> toFlush = new ArrayDeque<>();
  private final List<Exchange.Sync> sleepers = new ArrayList<>();
  private final List<Exchange.Sync> virtualSleepers = new ArrayList<>();
  private final List<Exchange.Async> inlineFutures = new ArrayList<>();
  private final Jobs futureJobs = new Jobs();
  private final Jobs handlerJobs = new Jobs();
  private final List<Runnable> atNextTick = new ArrayList<>();
  private long now = System.nanoTime();
  private long lastTick = now;
  private long lastActivity = now;

  IoLoop(String name) {
    this.name = name;
    try {
      selector = Selector.open();
    } catch (IOException noSelector) {
      throw new UncheckedIOException(noSelector);
    }
    handlers = new Crew(name + "-handler");
    callbacks = new Crew(name + "-callback");
    thread = Crew.daemon(this, name + "-io");
  }

  void start() {
    thread.start();
  }

  /** Lets the thread end once no session is left. */
  void end() {
    ending = true;
    selector.wakeup();
  }

  boolean isInside() {
    return Thread.currentThread() == thread;
  }

  boolean isAwake() {
    return awake;
  }

  /** Runs something on the loop's thread, soon. */
  void execute(Runnable task) {
    tasks.add(task);
    wakeIfAsleep();
  }

  /** Takes over an outbox that the caller owns; the loop writes for it. */
  void handOver(Writer writer) {
    Writer top;
    do {
      top = handedOver.get();
      writer.nextHandedOver = top;
    } while (!handedOver.compareAndSet(top, writer));
    wakeIfAsleep();
  }

  private void wakeIfAsleep() {
    if (!awake) {
      selector.wakeup();
    }
  }

  /** To be called after something with a deadline has begun. */
  void watchTheClock() {
    if (!ticking) {
      selector.wakeup();
    }
  }

  // --- everything below runs on the loop's thread ---

  long now() {
    return now;
  }

  Crew callbacks() {
    return callbacks;
  }

  void add(Session session) {
    sessions.add(session);
  }

  void remove(Session session) {
    sessions.remove(session);
  }

  SelectionKey register(SelectableChannel channel, int operations, Selected selected)
      throws ClosedChannelException {
    return channel.register(selector, operations, selected);
  }

  /** Writes from an outbox that the loop owns, at the end of this turn. */
  void flushLater(Writer writer) {
    toFlush.add(writer);
  }

  void atNextTick(Runnable task) {
    atNextTick.add(task);
  }

  void runLater(Crew.Job handlerJob) {
    handlerJobs.add(handlerJob);
  }

  void callLater(Crew.Job callbackJob) {
    futureJobs.add(callbackJob);
  }

  void deliverLater(Exchange exchange, boolean inline) {
    if (exchange instanceof Exchange.Async future) {
      if (inline) {
        inlineFutures.add(future);
      } else {
        futureJobs.add(future);
      }
    } else {
      Exchange.Sync sleeper = (Exchange.Sync) exchange;
      (sleeper.isVirtual() ? virtualSleepers : sleepers).add(sleeper);
    }
  }

  @Override
  public void run() {
    try {
      while (!ending || !sessions.isEmpty() || !tasks.isEmpty()) {
        try {
          turn();
        } catch (Throwable defect) {
          recover(defect);
        }
      }
    } finally {
      try {
        selector.close();
      } catch (IOException alsoUnexpected) {
        LOG.log(WARNING, "the selector of " + name + " did not close", alsoUnexpected);
      }
      handlers.end();
      callbacks.end();
    }
  }

  /**
   * What went wrong with one channel has ended its session and does not come here, so it is not
   * known what was left undone, and for whom: all sessions end, and their callers are told why.
   */
  private void recover(Throwable defect) {
    LOG.log(ERROR, "the I/O loop " + name + " failed and ends all its connections", defect);
    for (Session session : List.copyOf(sessions)) {
      session.endBy(defect);
    }
    wakeSleepers();
    LockSupport.parkNanos(PAUSE_NANOS); // if it fails again and again, it must not do only that
  }

  private void turn() throws IOException {
    long pause = sleepNanos();
    awake = false;
    boolean somethingToDo = handedOver.get() != null || !tasks.isEmpty() || !toFlush.isEmpty();
    int selected =
        somethingToDo
            ? selector.selectNow(this::onSelected)
            : selector.select(this::onSelected, Math.max(1, pause / 1_000_000));
    finishTurn(selected > 0 || somethingToDo);
  }

  private void onSelected(SelectionKey key) {
    if (!awake) {
      wakeUp();
    }
    try {
      ((Selected) key.attachment()).onSelected(key);
    } catch (CancelledKeyException closedMeanwhile) {
      LOG.log(System.Logger.Level.TRACE, "closed between select and look", closedMeanwhile);
    }
  }

  private void wakeUp() {
    awake = true;
    now = System.nanoTime();
  }

  private void finishTurn(boolean active) {
    if (!awake) {
      wakeUp();
    }
    Thread.interrupted(); // nobody has a reason to; a set flag would make every select return
    Runnable task;
    while ((task = tasks.poll()) != null) {
      task.run();
    }
    if (active) {
      lastActivity = now;
    }
    tickIfDue();
    for (int i = 0; i < inlineFutures.size(); i++) { // may grow meanwhile
      inlineFutures.get(i).deliver();
    }
    inlineFutures.clear();
    takeOverAndFlush();
    handlerJobs.submitTo(handlers);
    wakeSleepers();
    futureJobs.submitTo(callbacks);
  }

  private void wakeSleepers() {
    sleepers.forEach(Exchange.Sync::deliver);
    sleepers.clear();
    if (virtualSleepers.size() <= FEW_SLEEPERS) {
      virtualSleepers.forEach(Exchange.Sync::deliver);
    } else {
      callbacks.run(new Crew.Job[] {new WakeUp(List.copyOf(virtualSleepers))}, 1);
    }
    virtualSleepers.clear();
  }

  /**
   * Wakes virtual threads from one of their kind: then each goes into its carrier's own queue,
   * instead of one that all carriers share, with a lock and perhaps a system call for each.
   */
  private record WakeUp(List<Exchange.Sync> sleepers) implements Crew.Job {
    @Override
    public void run(boolean moreToCome) {
      sleepers.forEach(Exchange.Sync::deliver);
    }
  }

  private void takeOverAndFlush() {
    Writer writer = handedOver.get() == null ? null : handedOver.getAndSet(null);
    while (writer != null) {
      Writer next = writer.nextHandedOver;
      writer.nextHandedOver = null;
      toFlush.add(writer);
      writer = next;
    }
    for (int left = toFlush.size(); left > 0; left--) {
      // Off the list only afterwards: the loop owns those on it, whatever happens meanwhile.
      Objects.requireNonNull(toFlush.peek()).flushByLoop(ROUNDS);
      toFlush.remove();
    }
  }

  private void tickIfDue() {
    if (now - lastTick >= TICK_NANOS) {
      lastTick = now;
      atNextTick.forEach(Runnable::run);
      atNextTick.clear();
      for (Session session : List.copyOf(sessions)) { // a tick may end a session
        session.tick(now);
      }
    }
  }

  /** How long to sleep at most; decides between fast and slow ticks. */
  private long sleepNanos() {
    if (now - lastActivity < ACTIVE_NANOS || isBusy()) {
      if (!ticking) {
        ticking = true;
      }
      return TICK_NANOS;
    }
    ticking = false;
    // Whoever has begun something since isBusy looked saw ticking still set: look again.
    if (isBusy()) {
      ticking = true;
      return TICK_NANOS;
    }
    return SLOW_TICK_NANOS;
  }

  private boolean isBusy() {
    for (Session session : sessions) {
      if (session.isBusy()) {
        return true;
      }
    }
    return false;
  }

  /** A list that gives its array away. */
  private static final class Jobs {
    private static final int FEW = 16;

    private Crew.Job[] jobs = new Crew.Job[FEW];
    private int count;

    void add(Crew.Job job) {
      if (count == jobs.length) {
        jobs = Arrays.copyOf(jobs, count * 2);
      }
      jobs[count++] = job;
    }

    void submitTo(Crew crew) {
      if (count > 0) {
        crew.run(jobs, count);
        jobs = new Crew.Job[Math.max(FEW, Integer.highestOneBit(count) * 2)];
        count = 0;
      }
    }
  }
}
