package io.connpool.demo;

import io.connpool.demo.Act.Cue;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where acts are played, one at a time, whether a script has asked for them or somebody at a
 * screen. Any thread may call any method.
 */
final class Stage implements AutoCloseable {

  /** A Ctrl-C also hits a server that is just starting, perhaps before {@link #end} is called. */
  private static final long CTRL_C_MILLIS = 500;

  /** More than an act needs to notice its interrupt. */
  private static final long CLOSE_SECONDS = 5;

  private final Map<String, Lane<?>> lanes = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private final ScheduledExecutorService hands =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "demo-stage");
            thread.setDaemon(true);
            return thread;
          });

  void enter(Lane<?> lane) {
    lanes.put(lane.name(), lane);
  }

  /**
   * Has an act played as soon as those before it are over.
   *
   * @throws IllegalArgumentException if there is no such lane
   */
  void play(String lane, Act act) {
    playLater(lane, act, Duration.ZERO);
  }

  /** Has the whole script played, stretched or shortened to this length. */
  void playScript(Duration length) {
    for (Cue cue : Act.SCRIPT) {
      playLater(cue.lane(), cue.act(), Duration.ofNanos((long) (length.toNanos() * cue.part())));
    }
  }

  private void playLater(String name, Act act, Duration when) {
    Lane<?> lane = lanes.get(name);
    if (lane == null) {
      throw new IllegalArgumentException(
          "there is no \"" + name + "\" on stage, only " + lanes.keySet());
    }
    if (!over.isDone()) {
      Future<Void> unused =
          hands.schedule(() -> play(lane, act), when.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private Void play(Lane<?> lane, Act act) throws InterruptedException {
    try {
      act.play(lane);
    } catch (IOException | RuntimeException failure) {
      if (!endsWithin(CTRL_C_MILLIS)) {
        over.completeExceptionally(failure);
      }
    }
    return null;
  }

  private boolean endsWithin(long millis) throws InterruptedException {
    try {
      over.get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException anotherFailed) {
      return true;
    } catch (TimeoutException goesOn) {
      return false;
    }
  }

  /** Ends the show before its time, or before its beginning. */
  void end() {
    over.complete(null);
  }

  boolean isOver() {
    return over.isDone();
  }

  /**
   * Waits for the end, or for so long.
   *
   * @throws IOException if an act failed
   */
  void await(Duration length) throws IOException, InterruptedException {
    try {
      over.get(length.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException allOfIt) {
      end();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(failed.getCause());
    }
  }

  /** Breaks off what is being played. Nothing is done to a server after this. */
  @Override
  public void close() {
    end();
    hands.shutdownNow();
    try {
      if (!hands.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("demo: an act does not end");
      }
    } catch (InterruptedException endNow) {
      Thread.currentThread().interrupt();
    }
  }
}
