package io.connpool.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A world for one pool in which nothing happens by itself. Threads are {@link Fibre}s, time moves
 * when it is told to, workers and timers run when they are picked, and each call of the engine's
 * into its environment is a point where the thread may be taken off its processor.
 */
final class FuzzWorld implements Environment.Clock, Environment.Timers {
  /** Far more than there is to do at one moment: only a livelock takes so many steps. */
  private static final int ENDLESS = 20_000;

  final RandomGenerator random;
  final FuzzTrace trace;
  private final Workers workers = new Workers();
  private final long origin;
  private final List<Fibre> busy = new ArrayList<>();
  private final Deque<Fibre> free = new ArrayDeque<>();
  private final List<Request> requests = new ArrayList<>();
  private final TreeSet<Alarm> alarms;
  private int fibres;
  private long now;
  private int step;
  private int alarmNumbers;
  private boolean timersClosed;
  private @Nullable Fibre timerThread;
  private volatile @Nullable Throwable failure;

  /** Of a thousand points where a thread may be preempted, at how many it is. */
  private int preemptions;

  private long longestDelay;

  /** When time last passed in a way that no keeper can keep up with. */
  private long disturbedAt;

  /** Threads cannot be created now; and whether that ever was so. */
  private boolean threadsLack;

  private boolean threadsLacked;

  /** Called after each step. */
  private Runnable watcher = () -> {};

  FuzzWorld(RandomGenerator random, FuzzTrace trace, long origin) {
    this.random = random;
    this.trace = trace;
    this.origin = origin;
    now = origin;
    disturbedAt = origin;
    alarms =
        new TreeSet<>(
            Comparator.<Alarm>comparingLong(alarm -> alarm.at - origin)
                .thenComparingInt(alarm -> alarm.number));
    trace.attach(this);
  }

  /** Work that a worker has been asked for and has not begun. */
  private record Request(Runnable work, long askedAt, int askedIn) {}

  private record Alarm(long at, int number, Runnable action) {}

  Environment environment() {
    return new Environment(this, this, workers, workers, new SplittableRandom(random.nextLong()));
  }

  void watchedBy(Runnable afterEachStep) {
    watcher = afterEachStep;
  }

  void preempt(int perThousand) {
    preemptions = perThousand;
  }

  int step() {
    return step;
  }

  /** The time; unlike {@link #nanoTime} not the engine's question. */
  long now() {
    return now;
  }

  /** Time since this world began. */
  long elapsed() {
    return now - origin;
  }

  boolean chance(int perThousand) {
    return random.nextInt(1000) < perThousand;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** Something is wrong; the fuzzer stops as soon as it is its turn. */
  void fail(String what) {
    fail(new AssertionError(what));
  }

  void fail(Throwable what) {
    if (failure == null) {
      failure = what;
    }
  }

  // --- what the engine sees of it ---

  @Override
  public long nanoTime() {
    mayBePreempted();
    return now;
  }

  @Override
  public void parkUntil(Object blocker, long moment) {
    Fibre me = Fibre.current();
    if (me == null) {
      throw new AssertionError("only callers park");
    }
    if (!me.permit && moment - now > 0 && !Thread.currentThread().isInterrupted()) {
      me.parkedUntil = moment;
      me.parkedSince = step;
      me.suspend(Fibre.State.PARKED);
    }
    me.permit = false;
  }

  @Override
  public void park(Object blocker) {
    throw new AssertionError("only virtual threads do, and here are none");
  }

  @Override
  public void unpark(Thread thread) {
    Fibre fibre = Fibre.of(thread);
    if (fibre == null) {
      throw new AssertionError(thread + " never parked here");
    }
    fibre.permit = true;
    fibre.woken = true;
  }

  @Override
  public Environment.Timer at(long moment, Runnable action) {
    mayBePreempted();
    if (timersClosed) {
      return () -> {};
    }
    Alarm alarm = new Alarm(moment, alarmNumbers++, action);
    alarms.add(alarm);
    return () -> {
      mayBePreempted();
      alarms.remove(alarm);
    };
  }

  @Override
  public void close() {
    timersClosed = true;
    alarms.clear();
  }

  private final class Workers extends AbstractExecutorService {
    private boolean shutDown;

    @Override
    public void execute(Runnable work) {
      Request request = new Request(work, now, step);
      mayBePreempted();
      if (shutDown) {
        throw new RejectedExecutionException("the pool has ended");
      }
      if (threadsLack && chance(700)) {
        throw new OutOfMemoryError("scripted: unable to create native thread");
      }
      requests.add(request);
    }

    @Override
    public void shutdown() {
      shutDown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      throw new UnsupportedOperationException("would lose work");
    }

    @Override
    public boolean isShutdown() {
      return shutDown;
    }

    @Override
    public boolean isTerminated() {
      return shutDown && requests.isEmpty();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return isTerminated();
    }
  }

  /** A thread may lose its processor anywhere; here it does. */
  void mayBePreempted() {
    Fibre me = Fibre.current();
    if (me != null && me.state() == Fibre.State.RUNNING && chance(preemptions)) {
      me.suspend(Fibre.State.PREEMPTED);
    }
  }

  // --- what the fuzzer does with it ---

  /** Whether the pool has ended: it takes no more work. */
  boolean hasEnded() {
    return workers.isShutdown();
  }

  /** Begins something on a thread of its own and returns when that stops for the first time. */
  Fibre begin(String purpose, Runnable work) {
    return begin(purpose, work, false, now, step);
  }

  /** As {@link #begin(String, Runnable)} for something that may block in earnest. */
  Fibre beginBlocking(String purpose, Runnable work) {
    return begin(purpose, work, true, now, step);
  }

  private Fibre begin(String purpose, Runnable work, boolean blocks, long askedAt, int askedIn) {
    Fibre fibre = free.isEmpty() ? new Fibre(++fibres) : free.pop();
    fibre.askedAt = askedAt;
    fibre.askedIn = askedIn;
    fibre.late = false;
    fibre.woken = false;
    fibre.assign(
        purpose,
        () -> {
          try {
            work.run();
          } catch (Throwable wrong) {
            fail(wrong);
          }
        },
        blocks);
    busy.add(fibre);
    resume(fibre);
    return fibre;
  }

  void resume(Fibre fibre) {
    step++;
    fibre.resume();
    stepped(fibre);
  }

  /** Interrupts a thread; the next time it runs it will know. */
  void interrupt(Fibre fibre) {
    if (fibre.state() == Fibre.State.BLOCKED) {
      step++;
      fibre.interruptBlocked();
      stepped(fibre);
    } else {
      fibre.interrupt();
    }
  }

  private void stepped(Fibre fibre) {
    if (fibre.state() == Fibre.State.FREE) {
      busy.remove(fibre);
      free.push(fibre);
    }
    if (failure != null) {
      throw new AssertionError(failure.getMessage(), failure);
    }
    watcher.run();
  }

  /** Lets threads that are blocked in earnest notice that what they waited for has happened. */
  void awaitBlocked() {
    for (Fibre fibre : in(Fibre.State.BLOCKED)) {
      fibre.awaitUnblocked();
      stepped(fibre);
    }
  }

  List<Fibre> in(Fibre.State state) {
    List<Fibre> found = new ArrayList<>();
    for (Fibre fibre : busy) {
      if (fibre.state() == state) {
        found.add(fibre);
      }
    }
    return found;
  }

  /** Threads that would run now if they had a processor. */
  private List<Fibre> ready() {
    List<Fibre> ready = new ArrayList<>();
    for (Fibre fibre : busy) {
      if (fibre.heldUp) {
        continue;
      }
      boolean goesOn =
          switch (fibre.state()) {
            case PREEMPTED -> true;
            case PARKED -> fibre.permit || fibre.isInterrupted() || fibre.parkedUntil - now <= 0;
            default -> false;
          };
      if (goesOn) {
        ready.add(fibre);
      }
    }
    return ready;
  }

  private boolean isAlarmDue() {
    return timerThread == null && !alarms.isEmpty() && alarms.first().at - now <= 0;
  }

  /** Runs the first alarm on the one thread for that; returns when it stops. */
  private void fireAlarm() {
    Alarm alarm = alarms.pollFirst();
    if (alarm == null) {
      return;
    }
    begin(
        "timer",
        () -> {
          timerThread = Fibre.current();
          try {
            alarm.action.run();
          } finally {
            timerThread = null;
          }
        });
  }

  /** One thread that is in the middle of something goes on. False if there is none. */
  boolean goOn() {
    List<Fibre> ready = ready();
    int choices = ready.size() + (isAlarmDue() ? 1 : 0);
    if (choices == 0) {
      return false;
    }
    int choice = random.nextInt(choices);
    if (choice < ready.size()) {
      resume(ready.get(choice));
    } else {
      fireAlarm();
    }
    return true;
  }

  /** One worker begins what it was asked for. False if there is nothing. */
  boolean work() {
    if (requests.isEmpty()) {
      return false;
    }
    // threads that start at the same time begin in any order
    Request request = requests.remove(random.nextInt(requests.size()));
    longestDelay = Math.max(longestDelay, now - request.askedAt);
    begin("worker", request.work, false, request.askedAt, request.askedIn);
    return true;
  }

  /** Lets everybody finish who is in the middle of the engine's code. */
  void settle() {
    for (int i = 0; goOn(); i++) {
      checkEndless(i);
    }
  }

  /** As {@link #settle}, and the workers begin whatever they were asked for. */
  void rest() {
    for (int i = 0; anything(); i++) {
      checkEndless(i);
    }
  }

  private boolean anything() {
    return requests.isEmpty() || random.nextBoolean() ? goOn() || work() : work();
  }

  private static void checkEndless(int steps) {
    if (steps > ENDLESS) {
      throw new AssertionError("it never comes to rest: livelock");
    }
  }

  /** The longest time that work had to wait for a worker, or a thread for a processor. */
  long longestDelay() {
    return longestDelay;
  }

  /** What should have gone by now may only now have become too much. */
  void disturb() {
    disturbedAt = now;
  }

  /** How long time has been passing evenly. */
  long undisturbed() {
    return now - disturbedAt;
  }

  void lackThreads(boolean lack) {
    threadsLack = lack;
    threadsLacked |= lack;
  }

  /** Whether work may have failed because there was no thread for it. */
  boolean everLackedThreads() {
    return threadsLacked;
  }

  boolean isAtRest() {
    return requests.isEmpty() && ready().isEmpty() && !isAlarmDue();
  }

  int requests() {
    return requests.size();
  }

  int alarms() {
    return alarms.size();
  }

  /**
   * Moves time on, stopping whenever a timer is due or a parked thread's time has come. Engine code
   * takes no time.
   *
   * @param atEachStop lets work be done; must at least {@link #settle}
   */
  void advance(Duration duration, Runnable atEachStop) {
    long target = now + duration.toNanos();
    atEachStop.run();
    while (now - target < 0) {
      long next = target;
      if (!alarms.isEmpty()) {
        next = earlier(next, alarms.first().at);
      }
      for (Fibre fibre : in(Fibre.State.PARKED)) {
        next = earlier(next, fibre.parkedUntil);
      }
      now = next;
      atEachStop.run();
    }
  }

  /** As {@link #advance}, while some of those who were preempted stay off their processors. */
  void advanceHoldingUp(Duration duration, Runnable atEachStop) {
    List<Fibre> heldUp = in(Fibre.State.PREEMPTED);
    heldUp.removeIf(fibre -> random.nextInt(4) == 0);
    for (Fibre fibre : heldUp) {
      fibre.heldUp = true;
      fibre.late = true;
    }
    if (!heldUp.isEmpty()) {
      longestDelay = Math.max(longestDelay, duration.toNanos());
    }
    advance(duration, atEachStop);
    for (Fibre fibre : heldUp) {
      fibre.heldUp = false;
    }
    disturbedAt = now;
  }

  /** Time passes in which nobody runs, timers included, as if the process had been frozen. */
  void freeze(Duration duration) {
    now += duration.toNanos();
    disturbedAt = now;
    while (isAlarmDue()) { // the timer thread happens to be the first to run again
      int as = preemptions;
      preemptions = 0;
      fireAlarm();
      preemptions = as;
    }
  }

  private long earlier(long a, long b) {
    return a - b < 0 ? a : b;
  }

  @Override
  public String toString() {
    return "busy: %s, requests: %d, timers: %d".formatted(busy, requests.size(), alarms.size());
  }

  /** Ends all threads, whatever they are doing. */
  void abandon() {
    watcher = () -> {};
    for (Fibre fibre : new ArrayList<>(busy)) {
      fibre.abandon();
    }
    free.forEach(Fibre::abandon);
  }
}
