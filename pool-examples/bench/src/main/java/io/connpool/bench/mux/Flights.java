package io.connpool.bench.mux;

import io.connpool.bench.mux.Run.Stage;
import io.connpool.bench.mux.peer.Client;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Requests for which nobody waits. Either each answer sends the next request, so that as many as
 * there are callers are in flight all the time; or they leave at a given rate, and a time counts
 * from when a request should have left, so that one that is held up makes those behind it late too.
 */
final class Flights {
  /** What a pacer sleeps at most between two looks at the clock. */
  private static final long PACE_NANOS = 200_000;

  private final Run run;
  private final AtomicInteger inFlight = new AtomicInteger();

  Flights(Run run) {
    this.run = run;
  }

  /** Sends the first requests; the rest follows. */
  void launch() {
    for (int i = 0; i < run.load.callers(); i++) {
      inFlight.incrementAndGet();
      new Flight(i).next();
    }
  }

  /** Sends at the rate of the load until the run ends. */
  void paced() {
    double nanosEach = 1e9 / run.load.rate();
    int callers = run.load.callers();
    long start = System.nanoTime();
    for (long sent = 0; run.stage() != Stage.STOP; ) {
      long due = (long) ((System.nanoTime() - start) / nanosEach);
      while (sent < due && inFlight.get() < callers) {
        inFlight.incrementAndGet();
        new Single((int) (sent % callers), start + (long) (sent * nanosEach)).send();
        sent++;
      }
      LockSupport.parkNanos(PACE_NANOS);
    }
  }

  /** Waits until everything has come back; how many have not in time. */
  int awaitLanding(Duration grace) throws InterruptedException {
    long end = System.nanoTime() + grace.toNanos();
    while (inFlight.get() > 0 && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    return inFlight.get();
  }

  /** A row of requests, each sent when the one before has been answered. */
  private final class Flight implements Client.Done {
    private final int number;
    private byte[] request = {};
    private long calls;
    private long begin;

    Flight(int number) {
      this.number = number;
    }

    void next() {
      request = run.request();
      begin = run.isTimed(number, ++calls) && run.stage() == Stage.MEASURE ? System.nanoTime() : 0;
      run.client.callAsync(request, this);
    }

    @Override
    public void accept(byte @Nullable [] answer, @Nullable Throwable failure) {
      if (answer == null) {
        run.tally.failed();
      } else {
        run.check(request, answer);
        run.tally.done(number);
        if (begin != 0) {
          run.tally.took(number, System.nanoTime() - begin);
        }
      }
      // One that fails does not go on: it could fail at once, again and again, ever deeper.
      if (run.stage() == Stage.STOP || answer == null) {
        inFlight.decrementAndGet();
      } else {
        next();
      }
    }
  }

  private final class Single implements Client.Done {
    private final int number;
    private final long due;
    private final byte[] request = run.request();

    Single(int number, long due) {
      this.number = number;
      this.due = due;
    }

    void send() {
      run.client.callAsync(request, this);
    }

    @Override
    public void accept(byte @Nullable [] answer, @Nullable Throwable failure) {
      inFlight.decrementAndGet();
      if (answer == null) {
        run.tally.failed();
        return;
      }
      run.check(request, answer);
      run.tally.done(number);
      if (run.stage() == Stage.MEASURE) {
        run.tally.took(number, System.nanoTime() - due);
      }
    }
  }
}
