package io.connpool.bench.thrift;

import io.connpool.bench.harness.VirtualThreads;
import io.connpool.bench.thrift.peer.Peer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;
import org.apache.thrift.TException;

/**
 * All callers call, each one call after the other, at first to warm up, then to be measured. No two
 * requests are the same, and every answer is compared with its request.
 */
final class Run {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

  /** Two digits: buckets of one per cent. */
  private static final int DIGITS = 2;

  /** The counts of two callers are not on one cache line. */
  private static final int STRIDE = 16;

  private enum Stage {
    WARM_UP,
    MEASURE,
    STOP
  }

  /**
   * What came out.
   *
   * @param perSecond calls per second within the window
   * @param times of the calls that began in it, in nanoseconds
   * @param failed calls that got no answer, those of the warm-up included
   * @param stuck callers that did not come back
   */
  record Outcome(double perSecond, Histogram times, long failed, int stuck) {}

  private final Peer peer;
  private final Load load;
  private final String filler;
  private final AtomicLongArray counts;
  private final AtomicHistogram times = new AtomicHistogram(LONGEST, DIGITS);
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final LongAdder failed = new LongAdder();
  private final CountDownLatch connected;
  private volatile Stage stage = Stage.WARM_UP;

  Run(Peer peer, Load load) {
    this.peer = peer;
    this.load = load;
    filler = "x".repeat(load.payload());
    counts = new AtomicLongArray(load.callers() * STRIDE);
    connected = new CountDownLatch(load.callers());
  }

  /**
   * Runs it.
   *
   * @param warmUp before the window
   * @param window what is measured
   * @param grace how long callers may take to end; those that take longer are stuck
   * @throws IllegalStateException if an answer was wrong, or a caller could not connect
   */
  Outcome measure(Duration warmUp, Duration window, Duration grace) throws InterruptedException {
    ThreadFactory factory = load.virtual() ? VirtualThreads.factory("bench-") : Run::daemon;
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < load.callers(); i++) {
      int number = i;
      Thread caller = factory.newThread(() -> call(number));
      callers.add(caller);
      caller.start();
    }
    if (!connected.await(grace.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException("not all callers could connect within " + grace);
    }
    TimeUnit.NANOSECONDS.sleep(warmUp.toNanos());
    stage = Stage.MEASURE;
    long begin = System.nanoTime();
    long before = calls();
    TimeUnit.NANOSECONDS.sleep(window.toNanos());
    long measured = calls() - before;
    long nanos = System.nanoTime() - begin;
    stage = Stage.STOP;
    int stuck = join(callers, grace);
    Throwable broken = failures.peek();
    if (broken != null) {
      throw new IllegalStateException("a caller failed: " + broken, broken);
    }
    Histogram all = new Histogram(LONGEST, DIGITS);
    all.add(times);
    return new Outcome(measured * 1e9 / nanos, all, failed.sum(), stuck);
  }

  private void call(int number) {
    try {
      Peer.Caller caller = peer.caller();
      connected.countDown();
      for (long calls = 1; stage != Stage.STOP; calls++) {
        one(caller, number, calls);
        counts.setOpaque(number * STRIDE, calls);
      }
    } catch (TException | RuntimeException | Error failure) {
      failures.add(failure);
      connected.countDown();
    }
  }

  private void one(Peer.Caller caller, int number, long call) {
    String head = number + "-" + call;
    String request = head + filler.substring(Math.min(filler.length(), head.length()));
    boolean counts = stage == Stage.MEASURE;
    long begin = System.nanoTime();
    try {
      String answer = caller.echo(request);
      if (!request.equals(answer)) {
        throw new IllegalStateException("asked " + request + ", got " + answer);
      }
    } catch (TException noAnswer) {
      failed.increment();
    }
    if (counts) {
      times.recordValue(Math.min(LONGEST, Math.max(0, System.nanoTime() - begin)));
    }
  }

  private long calls() {
    long sum = 0;
    for (int caller = 0; caller < load.callers(); caller++) {
      sum += counts.getOpaque(caller * STRIDE);
    }
    return sum;
  }

  /** A stuck caller must not keep the program from ending. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "bench");
    thread.setDaemon(true);
    return thread;
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
