package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Peer;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that acquires, uses, holds and releases, as fast as it can. It writes no field of its
 * own while it does so: workers are neighbours in memory.
 */
final class Worker<H> implements Run.Job {
  private final Run<H> run;
  private final Peer<H> peer;
  private final int number;
  private final Hold hold;
  private final long holdNanos;
  private final long thinkNanos;

  Worker(Run<H> run, int number) {
    this.run = run;
    this.number = number;
    peer = run.peer;
    hold = run.load.hold();
    holdNanos = run.load.holdNanos();
    thinkNanos = run.load.thinkNanos();
  }

  @Override
  public void run() throws InterruptedException {
    long operations = 0;
    for (int rounds = 1; run.stage != Stage.STOP; rounds++) {
      operations += rounds % run.roundsPerSample == 0 ? timed() : round(run.round);
      run.tally.done(number, operations);
    }
  }

  /**
   * A method of its own, so that it is compiled as a whole and not in the middle of a loop.
   *
   * @return how many operations were done
   */
  private int round(int length) throws InterruptedException {
    int done = 0;
    try {
      while (done < length) {
        H held = peer.acquire();
        peer.conn(held).use();
        if (hold != Hold.NONE) {
          hold.hold(hold == Hold.SPIN ? System.nanoTime() : 0, holdNanos);
        }
        peer.release(held);
        done++;
        think();
      }
    } catch (TimeoutException gaveUp) {
      run.timeouts.increment();
    }
    return done;
  }

  private int timed() throws InterruptedException {
    long asked = System.nanoTime();
    H held;
    try {
      held = peer.acquire();
    } catch (TimeoutException gaveUp) {
      run.timeouts.increment();
      waited(System.nanoTime() - asked);
      return 0;
    }
    long got = System.nanoTime();
    peer.conn(held).use();
    hold.hold(got, holdNanos);
    long released = System.nanoTime();
    peer.release(held);
    run.tally.held(number, released - got);
    waited(got - asked);
    think();
    return 1;
  }

  /** Counts waits that end within the window or last beyond it: one that starves ends late. */
  private void waited(long nanos) {
    if (run.stage != Stage.WARM_UP) {
      run.tally.waited(number, nanos);
    }
  }

  private void think() {
    if (thinkNanos > 0) {
      LockSupport.parkNanos(thinkNanos);
    }
  }
}
