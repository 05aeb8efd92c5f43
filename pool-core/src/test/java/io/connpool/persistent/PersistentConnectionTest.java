package io.connpool.persistent;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.PoolClosedException;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.persistent.PersistentConnection.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The state machine: ids P-01 to P-19 of the study of the seeds, as far as they are no bytes. */
class PersistentConnectionTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration TINY = Duration.ofMillis(1);

  private final Line line = new Line();
  private final CountDownLatch released = new CountDownLatch(1);
  private PersistentConnection<Conn> persistent;

  @AfterEach
  void close() {
    released.countDown();
    if (persistent != null) {
      persistent.close();
    }
    eventually(
        () -> "every connection is closed once, " + line.conns,
        () -> line.conns.stream().allMatch(c -> c.closes.get() == 1));
  }

  @Test
  void p04_startingReturnsAtOnceAndItComesUpByItself() throws Exception {
    persistent = PersistentConnection.of(line).build();
    assertEquals(State.NEW, persistent.state());
    assertEquals(0, persistent.epoch());
    persistent.start();
    assertTrue(persistent.awaitUp(LIMIT));
    assertEquals(State.UP, persistent.state());
    assertEquals(1, persistent.epoch());
  }

  @Test
  void p03_badSettingsAreQuoted() {
    var builder = PersistentConnection.of(line);
    Duration negative = Duration.ofSeconds(-1);
    for (var wrong :
        List.<org.junit.jupiter.api.function.Executable>of(
            () -> builder.backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)),
            () -> builder.backoff(Duration.ZERO, LIMIT),
            () -> builder.backoff(negative, LIMIT),
            () -> builder.stableAfter(negative),
            () -> builder.dialTimeout(Duration.ZERO),
            () -> builder.heartbeatInterval(negative),
            () -> builder.name(" "))) {
      var told = assertThrows(IllegalArgumentException.class, wrong);
      assertTrue(told.getMessage().contains("but is"), told::getMessage);
    }
  }

  @Test
  void p05_aHundredThatLoseTheirServerTogetherComeBackSpread() {
    int[] buckets = new int[40];
    for (int i = 0; i < 100; i++) {
      Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1), new Random(i));
      long pause = backoff.afterFailure(new IOException());
      buckets[(int) (Duration.ofNanos(pause).toMillis() / 100)]++;
    }
    for (int inBucket : buckets) {
      assertTrue(inBucket <= 12, () -> inBucket + " within 100 ms");
    }
  }

  @Test
  void p05_pausesGrowToTheMostAndKeepTheirJitterThere() {
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(20), new Random(5));
    long shortest = Long.MAX_VALUE;
    long longest = 0;
    assertTrue(seconds(backoff.afterFailure(new IOException())) <= 3);
    assertTrue(seconds(backoff.afterFailure(new IOException())) <= 6);
    for (int i = 0; i < 200; i++) {
      long pause = backoff.afterFailure(new IOException());
      shortest = Math.min(shortest, pause);
      longest = Math.max(longest, pause);
    }
    assertTrue(seconds(shortest) >= 1 && seconds(shortest) < 3, "still random at the cap");
    assertTrue(seconds(longest) > 17 && seconds(longest) <= 20);
    backoff.reset();
    assertTrue(seconds(backoff.afterFailure(new IOException())) <= 3);
    assertTrue(seconds(backoff.afterStableLink()) <= 0.05);
    new Backoff(SHORT, SHORT, new Random(1)).afterFailure(new IOException());
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  /** A server that accepts and closes at once is not a server that is back. */
  @Test
  void p06_aLinkThatDoesNotLastCountsAsAFailure() throws Exception {
    List<Duration> none = new ArrayList<>();
    persistent =
        PersistentConnection.of(line)
            .backoff(Duration.ofHours(1), Duration.ofHours(2))
            .stableAfter(Duration.ofHours(1))
            .start();
    persistent.awaitUp(LIMIT);
    persistent.lost(1, new IOException("closed at once"));
    assertFalse(persistent.awaitUp(SHORT), none::toString);
    assertEquals(State.BACKOFF, persistent.state());
    assertEquals(1, line.dials.get());
  }

  @Test
  void p07_afterAStableLinkTheFirstDialComesAtOnce() throws Exception {
    persistent =
        PersistentConnection.of(line)
            .backoff(Duration.ofHours(1), Duration.ofHours(2))
            .stableAfter(Duration.ZERO)
            .start();
    persistent.awaitUp(LIMIT);
    Conn first = persistent.up(LIMIT).connection();
    persistent.lost(1, new IOException("lost"));
    assertTrue(persistent.awaitUp(LIMIT));
    assertEquals(2, persistent.epoch());
    assertNotSame(first, persistent.up(LIMIT).connection());
  }

  @Test
  void p10_whileItIsDownCallersWaitWithinTheirLimitOrNotAtAll() throws Exception {
    line.failing = true;
    persistent = slow().start();
    eventually(() -> "down", () -> persistent.state() == State.BACKOFF);
    var waited = assertThrows(NotConnectedException.class, () -> persistent.call(SHORT, Conn::use));
    assertTrue(waited.getCause().getMessage().contains("refused"), () -> "" + waited.getCause());
    persistent.close();
    persistent = slow().failFast(true).start();
    long began = System.nanoTime();
    assertThrows(NotConnectedException.class, () -> persistent.call(LIMIT, Conn::use));
    assertTrue(System.nanoTime() - began < LIMIT.toNanos() / 2);
  }

  @Test
  void p11_aCallThatFailsLosesTheConnectionAndAnotherComes() throws Exception {
    persistent = quick().start();
    var told =
        assertThrows(
            IOException.class,
            () ->
                persistent.call(
                    LIMIT,
                    c -> {
                      throw new IOException("reset");
                    }));
    assertEquals("reset", told.getMessage());
    assertTrue(persistent.awaitUp(LIMIT));
    assertEquals(2, persistent.epoch());
    assertThrows(
        IllegalStateException.class,
        () ->
            persistent.call(
                LIMIT,
                c -> {
                  throw new IllegalStateException("no fault of the connection");
                }));
    assertEquals(2, persistent.epoch());
  }

  @Test
  void p12_aLateReportDoesNotHurtTheSuccessor() throws Exception {
    persistent = quick().start();
    var first = persistent.up(LIMIT);
    persistent.lost(first.epoch(), new IOException("lost"));
    var second = persistent.up(LIMIT);
    persistent.lost(first.epoch(), new IOException("lost, once more"));
    line.conns.get(0).context.signals().dead(new IOException("late"));
    assertSame(second.connection(), persistent.up(LIMIT).connection());
    line.conns.get(1).context.signals().dead(new IOException("its own"));
    eventually(() -> "a third", () -> persistent.epoch() == 3);
  }

  @Test
  void aConnectionThatDiesBeforeItIsKnownIsNotUsed() throws Exception {
    persistent =
        quick()
            .onConnected(
                c -> {
                  if (line.dials.get() == 1) {
                    c.context.signals().dead(new IOException("at once"));
                  }
                })
            .start();
    eventually(() -> "the second", () -> persistent.epoch() == 2);
    assertTrue(persistent.awaitUp(LIMIT));
  }

  enum Moment {
    NEW,
    DIAL_HANGS,
    HANDSHAKE_HANGS,
    UP,
    CLOSE_HANGS,
    BACKOFF
  }

  @ParameterizedTest
  @EnumSource
  void p13_closingTakesATenthOfASecondInEveryState(Moment moment) throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    var builder = slow();
    switch (moment) {
      case DIAL_HANGS -> line.inDial = () -> hang(inside);
      case HANDSHAKE_HANGS -> builder.onConnected(c -> hang(inside));
      case CLOSE_HANGS -> line.inClose = () -> hang(inside);
      case BACKOFF -> line.failing = true;
      default -> {}
    }
    persistent = moment == Moment.NEW ? builder.build() : builder.start();
    switch (moment) {
      case DIAL_HANGS, HANDSHAKE_HANGS -> inside.await();
      case UP, CLOSE_HANGS -> persistent.awaitUp(LIMIT);
      case BACKOFF -> eventually(() -> "down", () -> persistent.state() == State.BACKOFF);
      default -> {}
    }
    long began = System.nanoTime();
    persistent.close();
    persistent.close();
    // The promise is 100 ms; a busy machine may take its time to run us again.
    assertTrue(System.nanoTime() - began < Duration.ofSeconds(2).toNanos());
    assertEquals(State.CLOSED, persistent.state());
    persistent.start();
    assertEquals(State.CLOSED, persistent.state());
    eventually(
        () -> "its thread is gone",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("connpool-line")));
  }

  /** Ignores interrupts, as user code may. */
  private void hang(CountDownLatch inside) {
    inside.countDown();
    boolean interrupted = false;
    while (released.getCount() > 0) {
      try {
        released.await();
      } catch (InterruptedException ignored) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void p14_afterTheCloseEveryCallFailsAtOnceAndSoDoThoseThatWait() throws Exception {
    line.failing = true;
    persistent = slow().start();
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                persistent.call(LIMIT, Conn::use);
              } catch (Throwable failure) {
                seen.set(failure);
              }
            });
    waiter.start();
    eventually(() -> "it waits", () -> waiter.getState() == Thread.State.TIMED_WAITING);
    persistent.close();
    waiter.join();
    assertTrue(seen.get() instanceof PoolClosedException, () -> "" + seen.get());
    assertThrows(PoolClosedException.class, () -> persistent.call(LIMIT, Conn::use));
    assertThrows(PoolClosedException.class, () -> persistent.awaitUp(LIMIT));
  }

  @Test
  void p17_theListenerSeesAttemptsPausesAndStatesInOrder() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    line.failures.set(3);
    persistent =
        quick()
            .listener(
                new PersistentListener() {
                  @Override
                  public void onState(State before, State now) {
                    seen.add(before + ">" + now);
                    throw new IllegalStateException("a defect of the listener's");
                  }

                  @Override
                  public void onDialFailed(int attempt, Duration pause, Throwable cause) {
                    seen.add("failed " + attempt + (pause.isNegative() ? "?" : ""));
                  }

                  @Override
                  public void onLost(long epoch, Throwable cause) {
                    seen.add("lost " + epoch + " " + cause.getMessage());
                  }
                })
            .start();
    persistent.awaitUp(LIMIT);
    eventually(() -> "told, " + seen, () -> seen.contains("CONNECTING>UP"));
    persistent.lost(1, new IOException("reset"));
    eventually(() -> "told, " + seen, () -> seen.contains("lost 1 reset"));
    List<String> inOrder = new ArrayList<>(seen);
    assertEquals("NEW>CONNECTING", inOrder.get(0));
    assertTrue(inOrder.indexOf("failed 1") < inOrder.indexOf("failed 2"));
    assertTrue(inOrder.indexOf("failed 3") < inOrder.indexOf("CONNECTING>UP"));
  }

  @Test
  void p18_aHandshakeThatFailsIsADialThatFailed() throws Exception {
    AtomicInteger greeted = new AtomicInteger();
    persistent =
        quick()
            .onConnected(
                c -> {
                  if (greeted.incrementAndGet() < 3) {
                    throw new IOException("wrong password");
                  }
                })
            .start();
    assertTrue(persistent.awaitUp(LIMIT));
    assertEquals(1, persistent.epoch());
    assertEquals(3, line.dials.get());
  }

  @Test
  void p19_aHeartbeatThatFailsOrHangsMeansLost() throws Exception {
    AtomicInteger beats = new AtomicInteger();
    CountDownLatch inside = new CountDownLatch(1);
    line.inHeartbeat =
        () -> {
          switch (beats.incrementAndGet()) {
            case 1 -> throw new IllegalStateException("no answer");
            case 2 -> hang(inside);
            default -> {}
          }
        };
    persistent = quick().heartbeatInterval(Duration.ofMillis(10)).dialTimeout(SHORT).start();
    eventually(() -> "lost twice", () -> persistent.epoch() >= 3);
    eventually(() -> "and then goes on", () -> beats.get() > 5);
  }

  @Test
  void aDialThatHangsIsCutOffAndWhatItBringsLateIsClosed() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    line.inDial =
        () -> {
          if (line.dials.get() == 1) {
            hang(inside);
          }
        };
    persistent = quick().dialTimeout(SHORT).start();
    assertTrue(persistent.awaitUp(LIMIT));
    released.countDown();
    eventually(() -> "the late one is closed", () -> line.closedAs(CloseReason.LATE) == 1);
    assertEquals(State.UP, persistent.state());
  }

  @Test
  void somebodyInAHurrySkipsThePauseOrGetsAnotherConnection() throws Exception {
    line.failures.set(1);
    persistent = slow().start();
    eventually(() -> "down", () -> persistent.state() == State.BACKOFF);
    persistent.reconnectNow();
    assertTrue(persistent.awaitUp(LIMIT));
    persistent.reconnectNow();
    eventually(() -> "another one", () -> persistent.epoch() == 2);
  }

  private PersistentBuilder<Conn> slow() {
    return PersistentConnection.of(line)
        .name("line")
        .backoff(Duration.ofHours(1), Duration.ofHours(2))
        .dialTimeout(LIMIT);
  }

  private PersistentBuilder<Conn> quick() {
    return PersistentConnection.of(line).name("line").backoff(TINY, Duration.ofMillis(5));
  }

  /** A connection to nowhere. */
  private static final class Conn {
    private final DialContext context;
    private final AtomicInteger closes = new AtomicInteger();

    Conn(DialContext context) {
      this.context = context;
    }

    int use() {
      return closes.get();
    }
  }

  /** Dials them as told. */
  private static final class Line implements Transport<Conn> {
    private final List<Conn> conns = new java.util.concurrent.CopyOnWriteArrayList<>();
    private final List<CloseReason> closed = new java.util.concurrent.CopyOnWriteArrayList<>();
    private final AtomicInteger dials = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private volatile boolean failing;
    private volatile Runnable inDial = () -> {};
    private volatile Runnable inHeartbeat = () -> {};
    private volatile Runnable inClose = () -> {};

    @Override
    public Conn dial(DialContext context) throws Exception {
      dials.incrementAndGet();
      inDial.run();
      if (failing || failures.getAndDecrement() > 0) {
        throw new IOException("refused");
      }
      Conn conn = new Conn(context);
      conns.add(conn);
      return conn;
    }

    @Override
    public void heartbeat(Conn conn, Duration limit) {
      inHeartbeat.run();
    }

    @Override
    public void close(Conn conn, CloseReason reason) {
      inClose.run();
      conn.closes.incrementAndGet();
      closed.add(reason);
    }

    @Override
    public Verdict classify(Conn conn, Throwable failure) {
      return failure instanceof IOException ? Verdict.CLOSE : Verdict.KEEP;
    }

    long closedAs(CloseReason reason) {
      return closed.stream().filter(reason::equals).count();
    }
  }
}
