package io.connpool.bench.harness;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;

/**
 * Callers that do one operation after the other, as fast as each lets them: at first to warm up,
 * then to be measured, once or more often, with rests in between. Each caller counts on a cache
 * line of its own and has a histogram of its own, so that they meet nowhere but in what is
 * measured.
 */
public final class ClosedLoop implements AutoCloseable {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

  /** Two digits: buckets of one per cent. */
  private static final int DIGITS = 2;

  private static final int STRIDE = 16;
  private static final int FAILED = 1;

  /**
   * At the begin of a window: until all callers are awake and what closed meanwhile is replaced.
   */
  private static final Duration SETTLING = Duration.ofMillis(50);

  private enum Stage {
    WORK,
    MEASURE,
    REST,
    STOP
  }

  /** What a caller does again and again. */
  @FunctionalInterface
  public interface Operation {
    /**
     * Does it once.
     *
     * @return how many nanoseconds of it do not count, such as a pause before it
     * @throws IOException if it failed, which is counted; anything else fails the run
     * @throws InterruptedException if interrupted, which fails the run
     */
    long once() throws IOException, InterruptedException;
  }

  /** Makes what each caller needs for itself. */
  @FunctionalInterface
  public interface Callers {
    /**
     * Called by the caller's own thread.
     *
     * @param number from 0
     * @return what this caller does
     * @throws IOException if it cannot begin, which fails the run
     */
    Operation caller(int number) throws IOException;
  }

  /**
   * What came out.
   *
   * @param perSecond operations per second within the window that did not fail
   * @param cpuNanos processor time of the whole process per such operation, whatever answers it
   *     included if that is in this process; says more than the rate on a machine that is shared
   * @param times of the operations that ended within the window, in nanoseconds
   * @param failed operations that failed within it
   * @param stuck callers that did not come back
   */
  public record Outcome(
      double perSecond, double cpuNanos, Histogram times, long failed, int stuck) {}

  private final int threads;
  private final Callers callers;
  private final Duration grace;
  private final AtomicLongArray counts;
  private final List<Histogram> times = new ArrayList<>();
  private final List<Thread> started = new ArrayList<>();
  private final ConcurrentLinkedQueue<Throwable> defects = new ConcurrentLinkedQueue<>();

  /**
   * Where all callers and the one who measures meet twice: when everybody rests, and when everybody
   * goes on.
   */
  private final Phaser gate;

  private volatile Stage stage = Stage.REST;

  /**
   * Prepares a run.
   *
   * @param threads how many callers
   * @param callers what they do
   * @param grace how long callers may take to begin, and to come back; those that take longer are
   *     stuck
   */
  public ClosedLoop(int threads, Callers callers, Duration grace) {
    this.threads = threads;
    this.callers = callers;
    this.grace = grace;
    counts = new AtomicLongArray(threads * STRIDE);
    gate = new Phaser(threads + 1);
    for (int i = 0; i < threads; i++) {
      times.add(new Histogram(LONGEST, DIGITS));
    }
  }

  /**
   * Starts the callers. Returns when each has done it once and rests: it is connected, and the code
   * is loaded.
   *
   * @param factory makes the callers' threads
   * @throws IllegalStateException if a caller could not begin, or threw what is no failure
   * @throws InterruptedException if interrupted
   */
  public void begin(ThreadFactory factory) throws InterruptedException {
    for (int i = 0; i < threads; i++) {
      int number = i;
      Thread caller = factory.newThread(() -> guarded(number));
      started.add(caller);
      caller.start();
    }
    if (rest() > 0) {
      throw new IllegalStateException("not all callers could begin within " + grace);
    }
  }

  /**
   * Works without being measured, and rests.
   *
   * @param duration of the work
   * @throws IllegalStateException if a caller threw what is no failure, or did not come back
   * @throws InterruptedException if interrupted
   */
  public void work(Duration duration) throws InterruptedException {
    goOn(Stage.WORK);
    sleep(duration);
    if (rest() > 0) {
      throw new IllegalStateException("not all callers came back within " + grace);
    }
  }

  /**
   * Works for a window, and rests.
   *
   * @param window what is measured
   * @return what came out
   * @throws IllegalStateException if a caller threw what is no failure
   * @throws InterruptedException if interrupted
   */
  public Outcome measure(Duration window) throws InterruptedException {
    times.forEach(Histogram::reset);
    goOn(Stage.WORK);
    sleep(SETTLING);
    stage = Stage.MEASURE;
    long begin = System.nanoTime();
    long cpuBefore = cpuTime();
    long doneBefore = sum(0);
    long failedBefore = sum(FAILED);
    sleep(window);
    long done = sum(0) - doneBefore;
    long failed = sum(FAILED) - failedBefore;
    double cpu = cpuTime() - cpuBefore;
    long nanos = System.nanoTime() - begin;
    int stuck = rest();
    return new Outcome(
        done * 1e9 / nanos,
        cpu / Math.max(1, done),
        stuck == 0 ? allTimes() : noTimes(),
        failed,
        stuck);
  }

  /** Ends the callers and waits for them, but not for those that are stuck. */
  @Override
  public void close() {
    stage = Stage.STOP;
    gate.forceTermination();
    boolean interrupted = false;
    long end = System.nanoTime() + grace.toNanos();
    for (Thread caller : started) {
      try {
        // 0 would mean for ever
        caller.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
      } catch (InterruptedException asked) {
        interrupted = true;
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void goOn(Stage next) throws InterruptedException {
    stage = next; // before they are let go, or they would rest again
    if (meet() > 0) {
      throw new IllegalStateException("not all callers went on within " + grace);
    }
  }

  /** Returns when all callers rest, with how many do not within the time they may take. */
  private int rest() throws InterruptedException {
    stage = Stage.REST;
    int stuck = meet();
    Throwable defect = defects.peek();
    if (defect != null) {
      throw new IllegalStateException("a caller failed: " + defect, defect);
    }
    return stuck;
  }

  private int meet() throws InterruptedException {
    try {
      gate.awaitAdvanceInterruptibly(gate.arrive(), grace.toNanos(), TimeUnit.NANOSECONDS);
      return 0;
    } catch (TimeoutException late) {
      return gate.getUnarrivedParties();
    }
  }

  private static void sleep(Duration duration) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(duration.toNanos());
  }

  /** Counted by the kernel in hundredths of a second, so short windows say little. */
  private static long cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  private void guarded(int number) {
    try {
      loop(number, callers.caller(number));
    } catch (Throwable defect) {
      defects.add(defect);
    } finally {
      gate.arriveAndDeregister();
    }
  }

  private void loop(int number, Operation operation) throws InterruptedException {
    long done = 0;
    long failed = 0;
    Histogram mine = times.get(number);
    for (long began = System.nanoTime(); stage != Stage.STOP; ) {
      long pause = 0;
      try {
        pause = operation.once();
        counts.setOpaque(number * STRIDE, ++done);
      } catch (IOException failure) {
        counts.setOpaque(number * STRIDE + FAILED, ++failed);
      }
      long now = System.nanoTime();
      Stage current = stage;
      if (current == Stage.MEASURE) {
        mine.recordValue(Math.min(LONGEST, Math.max(0, now - began - pause)));
      } else if (current == Stage.REST) {
        gate.arriveAndAwaitAdvance(); // all rest
        gate.arriveAndAwaitAdvance(); // all go on
        now = System.nanoTime();
      }
      began = now;
    }
  }

  private long sum(int offset) {
    long sum = 0;
    for (int caller = 0; caller < threads; caller++) {
      sum += counts.getOpaque(caller * STRIDE + offset);
    }
    return sum;
  }

  private Histogram allTimes() {
    Histogram all = noTimes();
    times.forEach(all::add);
    return all;
  }

  /** Those of a caller that is stuck cannot be read while it may still write. */
  private static Histogram noTimes() {
    return new Histogram(LONGEST, DIGITS);
  }
}
