package io.connpool.bench.acquire;

/** Releases what its {@link Taker} acquires, all of it. */
final class Giver<H> implements Run.Job {
  private final Run<H> run;
  private final Handles<H> handles;
  private final Taker<H> taker;

  Giver(Run<H> run, Handles<H> handles, Taker<H> taker) {
    this.run = run;
    this.handles = handles;
    this.taker = taker;
  }

  @Override
  public void run() {
    long turn = 0;
    int tries = 0;
    while (true) {
      // Read before the look into the ring: what is not there then will never come.
      boolean last = taker.finished;
      H held = handles.poll(turn);
      if (held != null) {
        run.peer.release(held);
        turn++;
        tries = 0;
      } else if (last) {
        return;
      } else {
        Handles.idle(tries++);
      }
    }
  }
}
