package io.connpool.net;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FuseTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(80);

  private FlakyServer server;

  @BeforeEach
  void start() throws IOException {
    server = FlakyServer.start(Behaviour.neverRead());
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  @Test
  void aReadThatGetsNothingIsCutAtTheDeadline() throws Exception {
    try (Wire wire = dial()) {
      wire.newFuse().arm(Deadline.after(SHORT));
      long began = System.nanoTime();
      var timeout =
          assertThrows(SocketTimeoutException.class, () -> wire.read(ByteBuffer.allocate(1)));
      long millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
      assertTrue(millis >= 79 && millis < 5_000, () -> "after " + millis + " ms");
      assertTrue(timeout.getMessage().contains(Integer.toString(server.port())));
      assertFalse(wire.isOpen());
    }
  }

  @Test
  void aWriteThatThePeerNeverTakesIsCutAtTheDeadline() throws Exception {
    try (Wire wire = dial()) {
      ByteBuffer large = ByteBuffer.allocate(64 << 20);
      wire.write(ByteBuffer.allocate(1));
      wire.newFuse().arm(Deadline.after(SHORT));
      assertThrows(SocketTimeoutException.class, () -> wire.write(large));
      assertTrue(wire.bytesWritten() > 0 && wire.bytesWritten() < 64 << 20);
    }
  }

  @Test
  void aDeadlineThatHasPassedCutsAtOnce() throws Exception {
    try (Wire wire = dial()) {
      wire.newFuse().arm(Deadline.after(Duration.ZERO));
      assertThrows(SocketTimeoutException.class, () -> wire.read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void anEarlierDeadlineThatIsArmedAfterALaterOneIsNotOverslept() throws Exception {
    try (Wire patient = dial();
        Wire hasty = dial()) {
      patient.newFuse().arm(Deadline.after(LONG));
      long began = System.nanoTime();
      hasty.newFuse().arm(Deadline.after(SHORT));
      assertThrows(SocketTimeoutException.class, () -> hasty.read(ByteBuffer.allocate(1)));
      assertTrue(System.nanoTime() - began < LONG.toNanos() / 2);
      assertTrue(patient.isOpen());
    }
  }

  @Test
  void aDisarmedFuseLetsTheWireLive() throws Exception {
    AtomicInteger cuts = new AtomicInteger();
    Sweeper sweeper = new Sweeper();
    Fuse disarmed = new Fuse(sweeper, cuts::incrementAndGet);
    CountDownLatch later = new CountDownLatch(1);
    Fuse marker = new Fuse(sweeper, later::countDown);
    sweeper.add(disarmed);
    sweeper.add(marker);
    disarmed.arm(Deadline.after(Duration.ofMillis(20)));
    disarmed.disarm();
    marker.arm(Deadline.after(Duration.ofMillis(60)));
    assertTrue(later.await(20, TimeUnit.SECONDS));
    assertEquals(0, cuts.get());
    assertFalse(disarmed.isBlown());
    assertTrue(marker.isBlown());
    sweeper.remove(disarmed);
    sweeper.remove(marker);
  }

  @Test
  void aBlownFuseStaysBlownWhateverIsDoneToIt() throws Exception {
    AtomicInteger cuts = new AtomicInteger();
    Sweeper sweeper = new Sweeper();
    Fuse fuse = new Fuse(sweeper, cuts::incrementAndGet);
    sweeper.add(fuse);
    fuse.arm(Deadline.after(Duration.ZERO));
    eventually(() -> "it blows", fuse::isBlown);
    fuse.disarm();
    fuse.arm(Deadline.after(Duration.ZERO));
    assertTrue(fuse.isBlown());
    eventually(() -> "cut", () -> cuts.get() == 1);
    sweeper.remove(fuse);
    assertEquals(1, cuts.get());
  }

  /** Each thread re-arms as a busy pool does; not one deadline may be missed. */
  @Test
  void noDeadlineIsLostAmongThousandsThatAreMet() throws Exception {
    Sweeper sweeper = new Sweeper();
    List<Thread> threads = new ArrayList<>();
    CountDownLatch blown = new CountDownLatch(4 * 50);
    for (int t = 0; t < 4; t++) {
      threads.add(
          new Thread(
              () -> {
                for (int round = 0; round < 50; round++) {
                  Fuse fuse = new Fuse(sweeper, blown::countDown);
                  sweeper.add(fuse);
                  for (int i = 0; i < 1_000; i++) {
                    fuse.arm(Deadline.after(Duration.ofSeconds(5)));
                    fuse.disarm();
                  }
                  fuse.arm(Deadline.after(Duration.ofNanos(round * 1_000L)));
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertTrue(blown.await(20, TimeUnit.SECONDS), () -> blown.getCount() + " never blew");
  }

  @Test
  void aCutThatThrowsLeavesTheSweeperAtWork() throws Exception {
    Sweeper sweeper = new Sweeper();
    CountDownLatch second = new CountDownLatch(1);
    Fuse bad =
        new Fuse(
            sweeper,
            () -> {
              throw new IllegalStateException("a defect");
            });
    Fuse good = new Fuse(sweeper, second::countDown);
    sweeper.add(bad);
    sweeper.add(good);
    bad.arm(Deadline.after(Duration.ZERO));
    eventually(() -> "it blows", bad::isBlown);
    good.arm(Deadline.after(Duration.ofMillis(1)));
    assertTrue(second.await(20, TimeUnit.SECONDS));
    sweeper.remove(bad);
    sweeper.remove(good);
  }

  @Test
  void theSweeperEndsSomeTimeAfterItsLastFuse() throws Exception {
    Sweeper sweeper = new Sweeper(Duration.ofMillis(10));
    Fuse fuse = new Fuse(sweeper, () -> {});
    sweeper.add(fuse);
    assertTrue(sweeper.isRunning());
    sweeper.remove(fuse);
    eventually(() -> "ended", () -> !sweeper.isRunning());
    sweeper.add(fuse);
    fuse.arm(Deadline.after(Duration.ZERO));
    eventually(() -> "it begins again", fuse::isBlown);
    sweeper.remove(fuse);
    eventually(() -> "ended again", () -> !sweeper.isRunning());
  }

  private Wire dial() throws IOException {
    return Wire.over(Dialer.to(server.endpoint()).connect(Deadline.after(LONG)));
  }
}
