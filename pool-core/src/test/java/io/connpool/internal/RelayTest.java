package io.connpool.internal;

import static io.connpool.testkit.PoolWorld.ends;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RelayTest {
  private final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
  private final AtomicBoolean noThreads = new AtomicBoolean();
  private final Relay relay =
      new Relay(
          task -> {
            if (noThreads.get()) {
              throw new OutOfMemoryError("scripted: unable to create native thread");
            }
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            threads.add(thread);
            return thread;
          });
  private final AtomicInteger done = new AtomicInteger();

  @Test
  void whatIsAskedForMeanwhileRunsOnTheThreadThatIsAtIt() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    relay.execute(() -> awaitDeaf(asked));
    for (int i = 0; i < 99; i++) {
      relay.execute(done::incrementAndGet);
    }
    int begun = threads.size(); // one, or a second one if this thread was held up for so long
    asked.countDown();
    eventually(() -> done + " done", () -> done.get() == 99);
    assertEquals(begun, threads.size());
    threads.forEach(thread -> ends(thread));
  }

  @Test
  void noTaskIsLostHoweverOftenTheThreadEnds() {
    for (int i = 1; i <= 2000; i++) {
      relay.execute(done::incrementAndGet);
      if (i % 2 == 0) { // every other time it comes while the thread is about to end
        int expected = i;
        eventually(() -> done + " of " + expected, () -> done.get() == expected);
      }
    }
    threads.forEach(thread -> ends(thread));
  }

  @Test
  void aTaskThatDoesNotComeBackHoldsUpNobodyElse() {
    CountDownLatch never = new CountDownLatch(1);
    relay.execute(() -> awaitDeaf(never));
    relay.execute(done::incrementAndGet);
    eventually(
        () -> done + " done",
        () -> {
          relay.execute(() -> {}); // as every pool does once a second
          return done.get() == 1;
        });
    assertTrue(threads.get(0).isAlive());
    never.countDown();
    threads.forEach(thread -> ends(thread));
    assertEquals(1, done.get());
  }

  @Test
  void aTaskThatThrowsTakesItsThreadAlongAndNothingElse() {
    relay.execute(
        () -> {
          Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {});
          throw new IllegalStateException("scripted");
        });
    relay.execute(done::incrementAndGet);
    eventually(
        () -> done + " done",
        () -> {
          relay.execute(() -> {});
          return done.get() == 1;
        });
  }

  @Test
  void whoeverGetsNoThreadIsToldAndTheNextOneIsServed() {
    noThreads.set(true);
    assertThrows(OutOfMemoryError.class, () -> relay.execute(done::incrementAndGet));
    noThreads.set(false);
    relay.execute(() -> done.addAndGet(10));
    eventually(() -> done + " done", () -> done.get() == 10);
  }

  private static void awaitDeaf(CountDownLatch latch) {
    boolean open = false;
    while (!open) {
      try {
        latch.await();
        open = true;
      } catch (InterruptedException deaf) {
        Thread.interrupted();
      }
    }
  }
}
