package io.connpool.bench.harness;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;

/**
 * Callers that do one operation after the other, as fast as each lets them, at first to warm up,
 * then to be measured. Each caller counts on a cache line of its own and has a histogram of its
 * own, so that they meet nowhere but in what is measured.
 */
public final class ClosedLoop {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

  /** Two digits: buckets of one per cent. */
  private static final int DIGITS = 2;

  private static final int STRIDE = 16;
  private static final int FAILED = 1;

  private enum Stage {
    WARM_UP,
    MEASURE,
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
  private final AtomicLongArray counts;
  private final List<Histogram> times = new ArrayList<>();
  private final ConcurrentLinkedQueue<Throwable> defects = new ConcurrentLinkedQueue<>();

  /** Each caller has done it once: it is connected, and the code is loaded. */
  private final CountDownLatch begun;

  private volatile Stage stage = Stage.WARM_UP;

  /**
   * Prepares a run.
   *
   * @param threads how many callers
   * @param callers what they do
   */
  public ClosedLoop(int threads, Callers callers) {
    this.threads = threads;
    this.callers = callers;
    counts = new AtomicLongArray(threads * STRIDE);
    begun = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      times.add(new Histogram(LONGEST, DIGITS));
    }
  }

  /**
   * Runs it.
   *
   * @param factory makes the callers' threads
   * @param warmUp before the window
   * @param window what is measured
   * @param grace how long callers may take to begin, and to end; those that take longer are stuck
   * @return what came out
   * @throws IllegalStateException if a caller could not begin, or threw what is no failure
   * @throws InterruptedException if interrupted
   */
  public Outcome measure(ThreadFactory factory, Duration warmUp, Duration window, Duration grace)
      throws InterruptedException {
    List<Thread> started = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      Thread caller = factory.newThread(() -> guarded(number));
      started.add(caller);
      caller.start();
    }
    if (!begun.await(grace.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException("not all callers could begin within " + grace);
    }
    TimeUnit.NANOSECONDS.sleep(warmUp.toNanos());
    stage = Stage.MEASURE;
    long begin = System.nanoTime();
    long cpuBefore = cpuTime();
    long doneBefore = sum(0);
    long failedBefore = sum(FAILED);
    TimeUnit.NANOSECONDS.sleep(window.toNanos());
    long done = sum(0) - doneBefore;
    long failed = sum(FAILED) - failedBefore;
    double cpu = cpuTime() - cpuBefore;
    long nanos = System.nanoTime() - begin;
    stage = Stage.STOP;
    int stuck = join(started, grace);
    Throwable defect = defects.peek();
    if (defect != null) {
      throw new IllegalStateException("a caller failed: " + defect, defect);
    }
    return new Outcome(
        done * 1e9 / nanos,
        cpu / Math.max(1, done),
        stuck == 0 ? allTimes() : noTimes(),
        failed,
        stuck);
  }

  /** Counted by the kernel in hundredths of a second, so it needs a window of a second. */
  private static long cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  private void guarded(int number) {
    try {
      loop(number, callers.caller(number));
    } catch (Throwable defect) {
      defects.add(defect);
      begun.countDown();
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
      if (done + failed == 1) {
        begun.countDown();
      }
      if (stage == Stage.MEASURE) {
        mine.recordValue(Math.min(LONGEST, Math.max(0, now - began - pause)));
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

  private static int join(List<Thread> threads, Duration grace) throws InterruptedException {
    long end = System.nanoTime() + grace.toNanos();
    int stuck = 0;
    for (Thread thread : threads) {
      // 0 would mean for ever
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
      if (thread.isAlive()) {
        stuck++;
      }
    }
    return stuck;
  }
}
