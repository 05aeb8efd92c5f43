package io.connpool.bench.acquire;

import java.util.concurrent.TimeoutException;

/** Acquires what its {@link Giver} releases. Counts the operations of the pair. */
final class Taker<H> implements Run.Job {
  private final Run<H> run;
  private final int number;
  private final Handles<H> handles;

  /** Set when nothing more will come. */
  volatile boolean finished;

  Taker(Run<H> run, int number, Handles<H> handles) {
    this.run = run;
    this.number = number;
    this.handles = handles;
  }

  @Override
  public void run() throws InterruptedException {
    try {
      long operations = 0;
      while (run.stage != Stage.STOP) {
        if (pass(operations)) {
          run.tally.done(number, ++operations);
        }
      }
    } finally {
      finished = true;
    }
  }

  /** False if the peer gave up. */
  private boolean pass(long turn) throws InterruptedException {
    boolean timed = turn % Run.SHORT_HOLD_SAMPLES == 0;
    long asked = timed ? System.nanoTime() : 0;
    H held;
    try {
      held = run.peer.acquire();
    } catch (TimeoutException gaveUp) {
      run.timeouts.increment();
      return false;
    }
    if (timed && run.stage != Stage.WARM_UP) {
      run.tally.waited(number, System.nanoTime() - asked);
    }
    run.peer.conn(held).use();
    for (int tries = 0; !handles.offer(turn, held); tries++) {
      Handles.idle(tries);
    }
    return true;
  }
}
