package io.connpool.bench.acquire;

import java.util.concurrent.TimeoutException;

/** Acquires what its {@link Giver} releases. Counts the operations of the pair. */
final class Taker<H> implements Run.Job {
  private static final int SAMPLES = 16;

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
      Stage stage;
      while ((stage = run.stage) != Stage.STOP) {
        try {
          boolean timed = operations % SAMPLES == 0 && stage == Stage.MEASURE;
          pass(timed);
          run.tally.done(number, ++operations);
        } catch (TimeoutException gaveUp) {
          run.timeouts.increment();
        }
      }
    } finally {
      finished = true;
    }
  }

  private void pass(boolean timed) throws TimeoutException, InterruptedException {
    long asked = timed ? System.nanoTime() : 0;
    H held = run.peer.acquire();
    if (timed) {
      run.tally.timed(number, System.nanoTime() - asked, 0);
    }
    run.peer.conn(held).use();
    for (int tries = 0; !handles.offer(held); tries++) {
      Handles.idle(tries);
    }
  }
}
