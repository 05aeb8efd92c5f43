package io.connpool.testkit;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * A transport and its peer in the hands of {@link TransportContract}, which calls it as a pool
 * does: each call on a thread of its own, cut off when its time is over. A subclass of the contract
 * implements the abstract methods here.
 *
 * @param <C> the type of the connections
 */
@Timeout(60)
public abstract class TransportUnderTest<C> {

  /** The time that a call is given when it is to run out of it. */
  static final Duration SHORT = Duration.ofMillis(300);

  /** How long a call may take to notice its interrupt. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** More than any call needs while the peer serves. */
  static final Duration AMPLE = Duration.ofSeconds(10);

  /** The quickest of several calls that do not block is below this even on a busy machine. */
  private static final Duration INLINE = Duration.ofMillis(20);

  private final Queue<C> open = new ConcurrentLinkedQueue<>();
  Transport<C> transport;
  TransportPeer peer;

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

  /** How long what the peer does may take to be seen, and the other way round. */
  protected Duration patience() {
    return AMPLE;
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

  // --- calls as a pool makes them ---

  C dial() throws Exception {
    return dialed(context(AMPLE));
  }

  C dialed(DialContext context) throws Exception {
    C connection = transport.dial(context);
    assertNotNull(connection, "dial returned null");
    open.add(connection);
    return connection;
  }

  void heartbeat(C connection, Duration limit) throws ExecutionException {
    call(
        "heartbeat",
        limit,
        () -> {
          transport.heartbeat(connection, limit);
          return true;
        });
  }

  void end(C connection, CloseReason reason) throws Exception {
    open.remove(connection);
    close(connection, reason);
  }

  void close(C connection, CloseReason reason) throws Exception {
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

  static <T> T call(String what, Duration limit, Callable<T> call) throws ExecutionException {
    return CutOffCall.run(what, limit, GRACE, call);
  }

  /** Several calls, of which the quickest must not have waited for anything. */
  static <T> T inline(String what, Supplier<T> call) throws ExecutionException {
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

  static void usable(Callable<Health> look) throws ExecutionException {
    Health health = call("look", GRACE, look);
    assertNotNull(health);
    assertTrue(health.isUsable(), () -> "a good connection is " + health);
  }

  void peerSees(int connections) {
    eventually("the peer sees " + connections, () -> peer.open() == connections);
  }

  void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience().toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(
          System.nanoTime() - deadline < 0,
          () -> "never: " + what + "; " + peer.open() + " are open");
      Thread.yield();
    }
  }

  static DialContext context(Duration limit) {
    return new LoneDial(System.nanoTime() + limit.toNanos());
  }
}
