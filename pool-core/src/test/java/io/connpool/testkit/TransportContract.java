package io.connpool.testkit;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.ConnSignals;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a pool relies on when it uses a {@link Transport}. For everybody who writes one: extend
 * this, say how the transport is made and how its peer is made to misbehave, and run the tests.
 *
 * <p>After each test every connection is closed, and the peer must have none left. Time is real;
 * the suite takes a few seconds.
 *
 * @param <C> the type of the connections
 */
@Timeout(60)
public abstract class TransportContract<C> {

  /** The time that a call is given when it is to run out of it. */
  private static final Duration SHORT = Duration.ofMillis(300);

  /** How long a call may take to notice its interrupt. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** More than any call needs while the peer serves. */
  private static final Duration AMPLE = Duration.ofSeconds(10);

  /** The quickest of several calls that do not block is below this even on a busy machine. */
  private static final Duration INLINE = Duration.ofMillis(20);

  private final Queue<C> open = new ConcurrentLinkedQueue<>();
  private Transport<C> transport;
  private TransportPeer peer;

  // --- what the subclass says ---

  /** A new transport that dials the {@link #peer()}. */
  protected abstract Transport<C> transport() throws Exception;

  /** The peer, serving. Called once, before {@link #transport()}; the subclass ends it. */
  protected abstract TransportPeer peer() throws Exception;

  /** Exchanges something with the peer and checks the answer. */
  protected abstract void use(C connection) throws Exception;

  /**
   * A transport to an address where nobody answers a dial, not even with a refusal; see {@link
   * BlackHole}.
   */
  protected Optional<Transport<C>> toNowhere() throws Exception {
    return Optional.empty();
  }

  /** Whether there is a heartbeat. Without one, only probes and errors end a connection. */
  protected boolean hasHeartbeat() {
    return true;
  }

  @BeforeEach
  final void begin() throws Exception {
    peer = peer();
    transport = transport();
  }

  @AfterEach
  final void nothingIsLeftOpen() throws Exception {
    for (C connection = open.poll(); connection != null; connection = open.poll()) {
      close(connection, CloseReason.POOL_CLOSED);
    }
    peerSees(0);
  }

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
    eventually(() -> "the probe notices", () -> transport.probe(connection) != Health.CLEAN);
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

  // --- calls as a pool makes them ---

  private C dial() throws Exception {
    return dialed(context(AMPLE));
  }

  private C dialed(DialContext context) throws Exception {
    C connection = transport.dial(context);
    assertNotNull(connection, "dial returned null");
    open.add(connection);
    return connection;
  }

  private void heartbeat(C connection, Duration limit) throws ExecutionException {
    call(
        "heartbeat",
        limit,
        () -> {
          transport.heartbeat(connection, limit);
          return true;
        });
  }

  private void end(C connection, CloseReason reason) throws Exception {
    open.remove(connection);
    close(connection, reason);
  }

  private void close(C connection, CloseReason reason) throws Exception {
    try {
      call(
          "close",
          GRACE,
          () -> {
            transport.close(connection, reason);
            return true;
          });
    } catch (ExecutionException failed) {
      fail("close threw", failed.getCause());
    }
  }

  private static <T> T call(String what, Duration limit, Callable<T> call)
      throws ExecutionException {
    return CutOffCall.run(what, limit, GRACE, call);
  }

  /** Several calls, of which the quickest must not have waited for anything. */
  private static <T> T inline(String what, Supplier<T> call) throws ExecutionException {
    T result = null;
    long quickest = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      result = call(what, GRACE, call::get);
      quickest = Math.min(quickest, System.nanoTime() - start);
    }
    Duration time = Duration.ofNanos(quickest);
    assertTrue(time.compareTo(INLINE) < 0, () -> what + " takes " + time + ", but must not block");
    return result;
  }

  private static void usable(Callable<Health> look) throws ExecutionException {
    Health health = call("look", GRACE, look);
    assertNotNull(health);
    assertTrue(health.isUsable(), () -> "a good connection is " + health);
  }

  private void peerSees(int connections) {
    eventually(
        () -> "the peer sees " + connections + ", but " + peer.open(),
        () -> peer.open() == connections);
  }

  private static DialContext context(Duration limit) {
    return new Context(System.nanoTime() + limit.toNanos());
  }

  private record Context(long deadline) implements DialContext {
    @Override
    public Duration remaining() {
      return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public boolean cancelled() {
      return remaining().isZero();
    }

    @Override
    public Map<String, Object> attributes() {
      return Map.of();
    }

    @Override
    public ConnSignals signals() {
      return new Unheard();
    }
  }

  /** There is no pool that would do something about a signal. */
  private record Unheard() implements ConnSignals {
    @Override
    public void dead(Throwable cause) {}

    @Override
    public void retire(String why) {}

    @Override
    public void capacityChanged() {}
  }
}
