package io.connpool.bench.mux;

import io.connpool.bench.harness.VirtualThreads;
import io.connpool.bench.mux.Load.Kind;
import io.connpool.bench.mux.peer.Answers;
import io.connpool.bench.mux.peer.Client;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * One load on one connection, at first to warm up, then to be measured. Every answer is compared
 * with its request.
 */
final class Run {
  /** So many callers have each call timed; with more it is one in {@link #SAMPLE}. */
  private static final int FEW = 64;

  private static final int SAMPLE = 16;

  /** What callers look at before each call. */
  enum Stage {
    WARM_UP,
    MEASURE,
    STOP
  }

  /**
   * What came out.
   *
   * @param perSecond calls per second within the window
   * @param times of the timed calls that ended in it, in nanoseconds
   * @param framesPerWrite of this end, 0 if the peer does not say
   * @param bytesPerCall allocated by the whole JVM, empty if it does not count
   * @param failed calls that got no answer, those of the warm-up included
   * @param stuck callers that did not come back
   */
  record Outcome(
      double perSecond,
      Histogram times,
      double framesPerWrite,
      OptionalLong bytesPerCall,
      long failed,
      int stuck) {}

  final Client client;
  final Load load;
  final Tally tally;
  final AtomicLong numbers = new AtomicLong();
  private final ConcurrentLinkedQueue<Throwable> broken = new ConcurrentLinkedQueue<>();
  private volatile Stage stage = Stage.WARM_UP;

  Run(Client client, Load load) {
    this.client = client;
    this.load = load;
    tally = new Tally(load.callers());
  }

  Stage stage() {
    return stage;
  }

  /** Whether this call of a caller's is timed. */
  boolean isTimed(int caller, long call) {
    return load.callers() <= FEW || (caller + call) % SAMPLE == 0;
  }

  /** The next request. */
  byte[] request() {
    if (load.body() == 0) {
      return Answers.time();
    }
    byte[] request = new byte[load.body()];
    ByteBuffer.wrap(request).putLong(numbers.incrementAndGet());
    return request;
  }

  void check(byte[] request, byte[] answer) {
    if (!Answers.isTo(request, answer)) {
      fail(new IllegalStateException("a request got the answer to another one"));
    }
  }

  /** Ends the run: a figure of it would mean nothing. */
  void fail(Throwable defect) {
    broken.add(defect);
    stage = Stage.STOP;
  }

  /**
   * Runs it.
   *
   * @param warmUp before the window
   * @param window what is measured
   * @param grace how long callers may take to end; those that take longer are stuck
   * @throws IllegalStateException if an answer was wrong
   */
  Outcome measure(Duration warmUp, Duration window, Duration grace) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    Flights flights = new Flights(this);
    if (load.kind() == Kind.ASYNC) {
      threads.add(daemon(load.rate() > 0 ? flights::paced : flights::launch));
    } else {
      ThreadFactory factory =
          load.kind() == Kind.VIRTUAL ? VirtualThreads.factory("bench-") : Run::daemon;
      for (int i = 0; i < load.callers(); i++) {
        int number = i;
        threads.add(factory.newThread(() -> call(number)));
      }
    }
    threads.forEach(Thread::start);
    TimeUnit.NANOSECONDS.sleep(warmUp.toNanos());
    stage = stage == Stage.STOP ? Stage.STOP : Stage.MEASURE;
    long begin = System.nanoTime();
    long before = tally.countDone();
    OptionalLong allocatedBefore = Allocation.soFar();
    long[] framesBefore = client.framesAndWrites();
    TimeUnit.NANOSECONDS.sleep(window.toNanos());
    long calls = tally.countDone() - before;
    long nanos = System.nanoTime() - begin;
    OptionalLong allocated = Allocation.soFar();
    long[] frames = client.framesAndWrites();
    stage = Stage.STOP;
    int stuck = join(threads, grace) + flights.awaitLanding(grace);
    Throwable defect = broken.peek();
    if (defect != null) {
      throw new IllegalStateException("the run is broken: " + defect, defect);
    }
    return new Outcome(
        calls * 1e9 / nanos,
        tally.times(),
        framesBefore == null || frames == null ? 0 : ratio(framesBefore, frames),
        allocated.isEmpty() || calls == 0
            ? OptionalLong.empty()
            : OptionalLong.of((allocated.getAsLong() - allocatedBefore.getAsLong()) / calls),
        tally.countFailed(),
        stuck);
  }

  private static double ratio(long[] before, long[] after) {
    long writes = after[1] - before[1];
    return writes == 0 ? 0 : (double) (after[0] - before[0]) / writes;
  }

  private void call(int number) {
    try {
      for (long calls = 0; stage != Stage.STOP; calls++) {
        boolean timed = isTimed(number, calls) && stage == Stage.MEASURE;
        byte[] request = request();
        long begin = timed ? System.nanoTime() : 0;
        if (ask(request)) {
          tally.done(number);
          if (timed) {
            tally.took(number, System.nanoTime() - begin);
          }
        }
      }
    } catch (RuntimeException | Error defect) {
      fail(defect);
    }
  }

  private boolean ask(byte[] request) {
    byte[] answer;
    try {
      answer = client.call(request);
    } catch (Exception noAnswer) {
      tally.failed();
      return false;
    }
    check(request, answer);
    return true;
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
