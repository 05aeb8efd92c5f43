package io.connpool.net;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnSignals;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DnsWatchTest {
  private static final Endpoint NAME = Endpoint.of("orders.example", 7000);
  private static final InetSocketAddress OLD = new InetSocketAddress("127.0.0.1", 7000);
  private static final InetSocketAddress NEW = new InetSocketAddress("127.0.0.2", 7000);

  /** So short that it is over whenever somebody asks. */
  private static final Duration AT_ONCE = Duration.ofNanos(1);

  private final Signals old = new Signals();
  private final Signals fresh = new Signals();

  @Test
  void aConnectionToAnAddressThatVanishedIsRetiredOnceAndTheOthersStay() {
    AtomicInteger asked = new AtomicInteger();
    DnsWatch watch =
        new DnsWatch(
            NAME,
            endpoint -> {
              assertEquals(NAME, endpoint);
              asked.incrementAndGet();
              return List.of(NEW);
            },
            AT_ONCE);
    watch.watch(OLD, old);
    watch.watch(NEW, fresh);
    askAgainUntil(watch, asked, 3);
    assertEquals("orders.example is no longer at 127.0.0.1", old.why);
    assertEquals(1, old.retired.get());
    assertEquals(0, fresh.retired.get());
  }

  @Test
  void anAnswerThatFailsOrIsEmptyRetiresNothing() {
    AtomicInteger asked = new AtomicInteger();
    DnsWatch watch =
        new DnsWatch(
            NAME,
            endpoint -> {
              if (asked.incrementAndGet() % 2 == 0) {
                throw new UnknownHostException("no answer");
              }
              return List.of();
            },
            AT_ONCE);
    watch.watch(OLD, old);
    askAgainUntil(watch, asked, 4);
    assertEquals(0, old.retired.get());
  }

  @Test
  void aClosedConnectionIsForgotten() {
    AtomicInteger asked = new AtomicInteger();
    DnsWatch watch = new DnsWatch(NAME, endpoint -> answer(asked), AT_ONCE);
    DnsWatch.Watched connection = watch.watch(OLD, old);
    watch.watch(NEW, fresh);
    connection.forget();
    askAgainUntil(watch, asked, 2);
    assertEquals(0, old.retired.get());
  }

  @Test
  void nobodyIsAskedBeforeTheIntervalIsOverOrWithoutConnections() {
    AtomicInteger asked = new AtomicInteger();
    DnsWatch patient = new DnsWatch(NAME, endpoint -> answer(asked), Duration.ofHours(1));
    patient.watch(OLD, old);
    patient.lookIfDue();
    DnsWatch unused = new DnsWatch(NAME, endpoint -> answer(asked), AT_ONCE);
    unused.lookIfDue();
    DnsWatch marker = new DnsWatch(NAME, endpoint -> answer(asked), AT_ONCE);
    marker.watch(NEW, fresh);
    marker.lookIfDue();
    eventually(() -> "the marker asks", () -> asked.get() == 1);
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("connpool-dns"))
                .count()
            <= 1);
  }

  @Test
  void aResolverThatHangsCostsOneThread() throws Exception {
    CountDownLatch hang = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    DnsWatch watch =
        new DnsWatch(
            NAME,
            endpoint -> {
              asked.incrementAndGet();
              try {
                hang.await();
              } catch (InterruptedException end) {
                throw new UnknownHostException("interrupted");
              }
              return List.of(OLD);
            },
            AT_ONCE);
    watch.watch(OLD, old);
    watch.lookIfDue();
    eventually(() -> "asked", () -> asked.get() == 1);
    for (int i = 0; i < 100; i++) {
      watch.lookIfDue();
    }
    assertEquals(1, asked.get());
    hang.countDown();
    askAgainUntil(watch, asked, 2);
  }

  @Test
  void anIntervalOfNothingIsAMistake() {
    var wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> new DnsWatch(NAME, Resolver.SYSTEM, Duration.ZERO));
    assertTrue(wrong.getMessage().contains("PT0S"));
  }

  private static List<InetSocketAddress> answer(AtomicInteger asked) {
    asked.incrementAndGet();
    return List.of(NEW);
  }

  private static void askAgainUntil(DnsWatch watch, AtomicInteger asked, int times) {
    eventually(
        () -> "asked " + times + " times",
        () -> {
          watch.lookIfDue();
          return asked.get() >= times;
        });
  }

  private static final class Signals implements ConnSignals {
    private final AtomicInteger retired = new AtomicInteger();
    private volatile String why = "";

    @Override
    public void dead(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void retire(String reason) {
      why = reason;
      retired.incrementAndGet();
    }

    @Override
    public void capacityChanged() {
      throw new AssertionError();
    }
  }
}
