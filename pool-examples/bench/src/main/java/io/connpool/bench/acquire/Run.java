package io.connpool.bench.acquire;

import io.connpool.bench.acquire.Tally.Sums;
import io.connpool.bench.acquire.peer.Conns;
import io.connpool.bench.acquire.peer.Peer;
import io.connpool.bench.harness.VirtualThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

/**
 * One load on one pool: all threads go round and round, at first to warm up, then to be measured.
 *
 * <p>Throughput is the difference of all counters between the begin and the end of the measured
 * window. A wait is the time one {@code acquire()} took. Where nothing is held only every 1024th is
 * timed, with other short holds every 16th, because the clock costs more than the acquire; with
 * holds that park all are. A wait that is still going on at the end of the window counts with its
 * whole length, so starving threads cannot hide.
 *
 * @param <H> what the pool hands out
 */
final class Run<H> {
  /** How often a thread publishes its count and looks at the stage, where nothing is held. */
  private static final int FREE_ROUND = 64;

  private static final int FREE_SAMPLES = 1024;

  /** One in so many operations is timed where holds are short. */
  static final int SHORT_HOLD_SAMPLES = 16;

  final Peer<H> peer;
  final Load load;
  final Tally tally;
  final LongAdder timeouts = new LongAdder();

  /** Operations between two looks at the stage. */
  final int round;

  /** Every so many rounds, one is a single timed operation. */
  final int roundsPerSample;

  private final Conns conns;
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  volatile Stage stage = Stage.WARM_UP;

  Run(Peer<H> peer, Load load, Conns conns) {
    this.peer = peer;
    this.load = load;
    this.conns = conns;
    tally = new Tally(load.threads(), load.virtual());
    // Thousands of virtual threads in rounds would each be far behind with their count.
    round = load.hold() == Hold.NONE && !load.virtual() ? FREE_ROUND : 1;
    roundsPerSample =
        switch (load.hold()) {
          case NONE -> FREE_SAMPLES / round;
          case SPIN, YIELD -> SHORT_HOLD_SAMPLES;
          case PARK -> 1;
        };
  }

  /**
   * Runs it.
   *
   * @param warmUp before the window
   * @param window what is measured
   * @param grace how long threads may take to end; those that take longer are stuck
   * @throws IllegalStateException if a thread failed, or two threads held one object at once
   */
  Outcome measure(Duration warmUp, Duration window, Duration grace) throws InterruptedException {
    fill();
    List<Thread> threads = start(grace);
    sleep(warmUp);
    stage = Stage.MEASURE;
    long begin = System.nanoTime();
    Sums before = tally.sums();
    sleep(window);
    Sums measured = tally.sums().since(before);
    long nanos = System.nanoTime() - begin;
    int served = tally.served(); // before the end, at which everybody gets a turn
    stage = Stage.STOP;
    int stuck = join(threads, grace);
    Throwable failure = failures.peek();
    if (failure != null) {
      throw new IllegalStateException("a thread failed: " + failure, failure);
    }
    long operations = tally.sums().operations();
    if (stuck == 0 && conns.uses() != operations) {
      throw new IllegalStateException(
          "%d operations, but the objects saw %d: two threads held one object at once"
              .formatted(operations, conns.uses()));
    }
    double perSecond = measured.operations() * 1e9 / nanos;
    return new Outcome(
        perSecond, measured.meanHold(), tally.waits(), timeouts.sum(), served, stuck);
  }

  /** So that nothing is dialed while the clock runs. */
  private void fill() throws InterruptedException {
    List<H> all = new ArrayList<>();
    for (int i = 0; i < load.size(); i++) {
      try {
        all.add(peer.acquire());
      } catch (TimeoutException empty) {
        throw new IllegalStateException(
            "only %d of %d objects could be acquired".formatted(i, load.size()), empty);
      }
    }
    all.forEach(peer::release);
  }

  /**
   * Returns when all threads run. Each starts two others before its own work: a scheduler of
   * virtual threads does not look at what is started from outside while those that only yield keep
   * its own queues filled, so ten thousand started by this thread would be a load of a handful.
   */
  private List<Thread> start(Duration limit) throws InterruptedException {
    ThreadFactory factory = load.virtual() ? VirtualThreads.factory("bench-") : Run::daemon;
    List<Job> jobs = jobs();
    List<Thread> threads = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(jobs.size());
    for (int i = 0; i < jobs.size(); i++) {
      int children = 2 * i + 1;
      Job job = jobs.get(i);
      threads.add(
          factory.newThread(
              guarded(
                  () -> {
                    begun.countDown();
                    for (int c = children; c < Math.min(children + 2, threads.size()); c++) {
                      threads.get(c).start();
                    }
                    job.run();
                  })));
    }
    threads.get(0).start();
    if (!begun.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException(
          "%d of %d threads did not begin within %s"
              .formatted(begun.getCount(), jobs.size(), limit));
    }
    return threads;
  }

  private List<Job> jobs() {
    List<Job> jobs = new ArrayList<>();
    while (jobs.size() < load.threads()) {
      int number = jobs.size();
      if (load.handover()) {
        Handles<H> handles = new Handles<>();
        Taker<H> taker = new Taker<>(this, number, handles);
        jobs.add(taker);
        jobs.add(new Giver<>(this, handles, taker));
      } else {
        jobs.add(new Worker<>(this, number));
      }
    }
    return jobs;
  }

  /** A stuck thread must not keep the program from ending. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "bench");
    thread.setDaemon(true);
    return thread;
  }

  private Runnable guarded(Job job) {
    return () -> {
      try {
        job.run();
      } catch (Throwable failure) {
        failures.add(failure);
      }
    };
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

  private static void sleep(Duration duration) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(duration.toNanos());
  }

  /** What a thread of the load does. */
  interface Job {
    void run() throws InterruptedException;
  }
}
