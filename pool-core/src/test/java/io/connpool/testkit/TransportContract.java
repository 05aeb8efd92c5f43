package io.connpool.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Health;
import io.connpool.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What a pool relies on when it uses a {@link Transport}. For everybody who writes one: extend
 * this, say how the transport is made and how its peer is made to misbehave, and run the tests.
 *
 * <p>After each test every connection is closed, and the peer must have none left. Time is real;
 * the suite takes a few seconds.
 *
 * @param <C> the type of the connections
 */
public abstract class TransportContract<C> extends TransportUnderTest<C> {

  // --- dial ---

  @Test
  final void aDialedConnectionWorks() throws Exception {
    C connection = dial();

    use(connection);
    use(connection);

    assertEquals(1, peer.open());
  }

  @Test
  final void everyDialMakesAnotherConnection() throws Exception {
    C one = dial();
    C two = dial();
    assertNotSame(one, two);

    end(one, CloseReason.IDLE);

    use(two);
  }

  @Test
  final void severalThreadsMayDialAtOnce() throws Exception {
    List<Future<C>> dials = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int i = 0; i < 32; i++) {
        dials.add(threads.submit(this::dial));
      }
      for (Future<C> dial : dials) {
        use(dial.get());
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  final void aDialThatIsRefusedThrowsAtOnce() throws Exception {
    peer.refuse();

    assertThrows(ExecutionException.class, () -> call("dial", SHORT, () -> dialed(context(AMPLE))));
  }

  @Test
  final void aDialThatFailsLeavesNoFileOpen() throws Exception {
    assumeTrue(
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean,
        "files can be counted");
    peer.refuse();
    failToDial(); // loads the classes, whose jars are files too
    long before = files();

    for (int i = 0; i < 40; i++) {
      failToDial();
    }

    long left = files() - before;
    assertTrue(left < 20, () -> left + " files are left open by 40 dials that failed");
  }

  private void failToDial() {
    assertThrows(ExecutionException.class, () -> call("dial", AMPLE, this::dial));
  }

  private static long files() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  @Test
  final void aDialOfAPeerThatIsSilentEndsInTimeAndLeavesNothing() throws Exception {
    peer.silence();

    try {
      call("dial", SHORT, () -> dialed(context(SHORT)));
    } catch (ExecutionException failed) {
      peerSees(0);
    }
  }

  @Test
  final void aDialOfAnAddressThatDoesNotAnswerEndsInTime() throws Exception {
    Transport<C> nowhere = toNowhere().orElse(null);
    assumeTrue(nowhere != null, "there is such an address");

    assertThrows(
        ExecutionException.class, () -> call("dial", SHORT, () -> nowhere.dial(context(SHORT))));
  }

  @Test
  final void aDialWorksAgainWhenThePeerDoes() throws Exception {
    peer.refuse();
    failToDial();
    peer.serve();

    use(dial());
  }

  // --- heartbeat ---

  @Test
  final void aHeartbeatOfAGoodConnectionPassesAndLeavesItAsItWas() throws Exception {
    assumeTrue(hasHeartbeat());
    C connection = dial();

    for (int i = 0; i < 20; i++) {
      heartbeat(connection, AMPLE);
      use(connection);
    }
  }

  @Test
  final void aHeartbeatFailsIfThePeerHasEndedTheConnection() throws Exception {
    assumeTrue(hasHeartbeat());
    C connection = dial();
    use(connection);
    peer.cutAll();
    peerSees(0);

    assertThrows(ExecutionException.class, () -> heartbeat(connection, AMPLE));
  }

  @Test
  final void aHeartbeatFailsInTimeIfThePeerIsSilent() throws Exception {
    assumeTrue(hasHeartbeat());
    C connection = dial();
    use(connection);
    peer.silence();

    assertThrows(ExecutionException.class, () -> heartbeat(connection, SHORT));
  }

  // --- probe, and what else runs inline ---

  @Test
  final void aProbeDoesNotDoubtAGoodConnectionAndLeavesItAsItWas() throws Exception {
    C connection = dial();
    for (int i = 0; i < 20; i++) {
      use(connection);
      usable(() -> transport.probe(connection));
    }
    use(connection);
  }

  @Test
  final void aProbeDoesNotBlockEvenIfThePeerIsSilent() throws Exception {
    C connection = dial();
    use(connection);
    peer.silence();

    inline("probe", () -> transport.probe(connection));
  }

  @Test
  final void aProbeThatCanTellDoesNotCallAConnectionCleanThatThePeerHasEnded() throws Exception {
    C connection = dial();
    use(connection);
    assumeTrue(transport.probe(connection) == Health.CLEAN, "it can tell");
    peer.cutAll();

    notCleanAnyMore(connection);
  }

  @Test
  final void aProbeThatCanTellDoesNotCallAConnectionCleanInWhichBytesWait() throws Exception {
    C connection = dial();
    use(connection);
    assumeTrue(transport.probe(connection) == Health.CLEAN, "it can tell");
    assumeTrue(peer.sendUnasked(), "the peer can send what nobody asked for");

    notCleanAnyMore(connection);
  }

  /** What the peer does takes a moment to arrive. */
  private void notCleanAnyMore(C connection) {
    eventually("the probe notices", () -> transport.probe(connection) != Health.CLEAN);
  }

  @Test
  final void whatIsAcquiredAndReleasedIsUsableAndNothingBlocks() throws Exception {
    C connection = dial();
    for (int i = 0; i < 5; i++) {
      usable(() -> transport.onAcquire(connection));
      use(connection);
      usable(() -> transport.onRelease(connection));
    }
    usable(() -> transport.onAcquire(connection));
    use(connection);
  }

  @Test
  final void aNewConnectionServesAtLeastOneAndNothingIsInFlight() throws Exception {
    C connection = dial();

    assertTrue(inline("capacity", () -> transport.capacity(connection)) >= 1, "capacity");
    assertEquals(0, inline("load", () -> transport.load(connection)));
  }

  @Test
  final void everyFailureIsJudged() throws Exception {
    C connection = dial();
    List<Throwable> failures =
        List.of(
            new IOException("broken pipe"),
            new SocketTimeoutException("read timed out"),
            new IllegalArgumentException("the caller's fault"),
            new StackOverflowError(),
            new Exception());

    for (Throwable failure : failures) {
      assertNotNull(
          inline("classify", () -> transport.classify(connection, failure)), failure::toString);
    }
  }

  // --- close ---

  @Test
  final void aCloseIsSeenByThePeerWhateverTheReason() throws Exception {
    for (CloseReason reason : CloseReason.values()) {
      C connection = dial();
      use(connection);

      end(connection, reason);

      peerSees(0);
    }
  }

  @Test
  final void whatThePeerHasEndedCanBeClosed() throws Exception {
    C connection = dial();
    use(connection);
    peer.cutAll();
    peerSees(0);

    end(connection, CloseReason.STALE);
  }

  @Test
  final void aCloseDoesNotWaitForAPeerThatIsSilent() throws Exception {
    C connection = dial();
    use(connection);
    peer.silence();

    end(connection, CloseReason.HEARTBEAT);
    peerSees(0);
  }

  // --- all together ---

  /** Each cut may cost every caller the exchange it is in and the connections that lie idle. */
  @Test
  final void aPoolOfThemSurvivesThatAllAreCut() throws Exception {
    int callers = 4;
    AtomicInteger failures = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try (ConnPool<C> pool = ConnPool.builder(transport).maxActive(callers).build()) {
      for (int round = 0; round < 3; round++) {
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
          ends.add(threads.submit(() -> useOften(pool, failures)));
        }
        peer.cutAll();
        for (Future<?> end : ends) {
          end.get();
        }
      }
      settle(pool);
      pool.run(this::use);
    } finally {
      threads.shutdown();
    }
    assertTrue(failures.get() <= 3 * callers * callers, () -> failures + " failures of 3 cuts");
  }

  private Void useOften(ConnPool<C> pool, AtomicInteger failures) throws InterruptedException {
    for (int i = 0; i < 50; i++) {
      try {
        pool.run(this::use);
      } catch (InterruptedException interrupted) {
        throw interrupted;
      } catch (Exception cut) {
        failures.incrementAndGet();
      }
    }
    return null;
  }

  /** A connection may still look good for a moment after the last cut. */
  private void settle(ConnPool<C> pool) throws InterruptedException {
    for (int i = 0; i < pool.effectiveConfig().maxActive(); i++) {
      useOften(pool, new AtomicInteger());
    }
  }
}
