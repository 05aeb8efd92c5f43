package io.connpool.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The script: two lanes under load, and each of them loses its server for a while. */
final class Show {

  /** A Ctrl-C also hits a server that is just starting, perhaps before {@link #stop} is called. */
  private static final long CTRL_C_MILLIS = 500;

  private final Duration length;
  private final int threadsPerPool;
  private final long lieEvery;
  private final Screen screen;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile long began;

  /** What to do when this part of the show is over. */
  private record Cue(double part, Act act) {}

  private interface Act {
    void play() throws IOException, InterruptedException;
  }

  Show(Duration length, int threadsPerPool, long lieEvery, Screen screen) {
    this.length = length;
    this.threadsPerPool = threadsPerPool;
    this.lieEvery = lieEvery;
    this.screen = screen;
  }

  /** Ends the show before its time, or before its beginning. Any thread may call it. */
  void stop() {
    stop.countDown();
  }

  /**
   * Plays the show to its end.
   *
   * @throws IOException if a server did not start
   */
  Summary play() throws IOException, InterruptedException {
    Echo echo = new Echo();
    try (ServerProcess serverA = new ServerProcess("A", lieEvery);
        ServerProcess serverB = new ServerProcess("B", lieEvery)) {
      Lane a = new Lane("A", serverA, echo);
      Lane b = new Lane("B", serverB, echo);
      Duration played = perform(a, b);
      return new Summary(played, echo.wrongAnswers(), List.of(a, b));
    }
  }

  private Duration perform(Lane a, Lane b) throws IOException, InterruptedException {
    List<Cue> script =
        List.of(
            new Cue(0.15, () -> a.killServer(this::announce)),
            new Cue(0.30, () -> a.restartServer(this::announce)),
            new Cue(0.45, () -> b.killServer(this::announce)),
            new Cue(0.60, () -> b.restartServer(this::announce)),
            new Cue(1.00, this::stop));
    Thread painter = new Thread(() -> paint(List.of(a, b)), "demo-painter");
    began = System.nanoTime();
    try {
      painter.start();
      a.load(threadsPerPool, this::announce);
      b.load(threadsPerPool, this::announce);
      follow(script);
      return elapsed();
    } finally {
      stop();
      painter.join();
      a.end();
      b.end();
    }
  }

  private void follow(List<Cue> script) throws IOException, InterruptedException {
    for (Cue cue : script) {
      long due = (long) (length.toNanos() * cue.part());
      if (stop.await(due - elapsed().toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
      try {
        cue.act().play();
      } catch (IOException failure) {
        if (stop.await(CTRL_C_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
        throw failure;
      }
    }
  }

  private void paint(List<Lane> lanes) {
    try {
      boolean over;
      do {
        over = stop.await(screen.pace().toNanos(), TimeUnit.NANOSECONDS);
        List<Lane.Look> looks = lanes.stream().map(Lane::look).toList();
        screen.show(elapsed(), looks);
      } while (!over);
    } catch (InterruptedException enough) {
      Thread.currentThread().interrupt();
    }
  }

  private void announce(String event) {
    screen.announce(elapsed(), event);
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
