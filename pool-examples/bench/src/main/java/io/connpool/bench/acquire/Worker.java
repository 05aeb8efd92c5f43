package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Peer;
import java.util.concurrent.TimeoutException;

/** A thread that acquires, uses, holds and releases, as fast as it can. */
final class Worker<H> implements Run.Job {
  private final Run<H> run;
  private final Peer<H> peer;
  private final Tally tally;
  private final int number;
  private final Hold hold;
  private final long holdNanos;

  private long operations;

  Worker(Run<H> run, int number) {
    this.run = run;
    this.number = number;
    peer = run.peer;
    tally = run.tally;
    hold = run.load.hold();
    holdNanos = run.load.holdNanos();
  }

  @Override
  public void run() throws InterruptedException {
    int rounds = 0;
    Stage stage;
    while ((stage = run.stage) != Stage.STOP) {
      try {
        if (++rounds >= run.roundsPerSample) {
          rounds = 0;
          timed(stage);
        } else {
          round(run.round);
        }
      } catch (TimeoutException gaveUp) {
        run.timeouts.increment();
      }
      tally.done(number, operations);
    }
  }

  /** A method of its own, so that it is compiled as a whole and not in the middle of a loop. */
  private void round(int length) throws TimeoutException, InterruptedException {
    for (int i = 0; i < length; i++) {
      H held = peer.acquire();
      peer.conn(held).use();
      if (hold != Hold.NONE) {
        hold.hold(hold == Hold.SPIN ? System.nanoTime() : 0, holdNanos);
      }
      peer.release(held);
      operations++;
    }
  }

  private void timed(Stage stage) throws TimeoutException, InterruptedException {
    long asked = System.nanoTime();
    H held = peer.acquire();
    long got = System.nanoTime();
    peer.conn(held).use();
    hold.hold(got, holdNanos);
    long holds = System.nanoTime() - got;
    peer.release(held);
    operations++;
    if (stage == Stage.MEASURE) {
      tally.timed(number, got - asked, holds);
    }
  }
}
