package io.connpool.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertLinesMatch;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.UnixRelay;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DialerTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Endpoint SOMEWHERE = Endpoint.of("somewhere.example", 7000);

  @Nested
  class ThatSucceeds {

    @Test
    void givesAConnectedBlockingChannelWithTheDefaultOptions() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo());
          SocketChannel channel = Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT))) {
        assertTrue(channel.isConnected());
        assertTrue(channel.isBlocking());
        assertTrue(channel.getOption(StandardSocketOptions.TCP_NODELAY));
        assertTrue(channel.getOption(StandardSocketOptions.SO_KEEPALIVE));
        channel.write(US_ASCII.encode("x"));
        assertEquals('x', channel.socket().getInputStream().read());
      }
    }

    @Test
    void setsTheOptionsAskedFor() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
        Dialer usual = Dialer.to(server.endpoint());
        Dialer lazy = usual.option(StandardSocketOptions.TCP_NODELAY, false);
        try (SocketChannel changed = lazy.connect(Deadline.after(LIMIT));
            SocketChannel unchanged = usual.connect(Deadline.after(LIMIT))) {
          assertFalse(changed.getOption(StandardSocketOptions.TCP_NODELAY));
          assertTrue(changed.getOption(StandardSocketOptions.SO_KEEPALIVE));
          assertTrue(unchanged.getOption(StandardSocketOptions.TCP_NODELAY));
        }
      }
    }

    @Test
    void setsThePaceOfKeepAlive() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo());
          SocketChannel channel =
              Dialer.to(server.endpoint())
                  .keepAlive(Duration.ofSeconds(60), Duration.ofSeconds(15), 4)
                  .connect(Deadline.after(LIMIT))) {
        assertEquals(60, channel.getOption(ExtendedSocketOptions.TCP_KEEPIDLE));
        assertEquals(15, channel.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL));
        assertEquals(4, channel.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT));
      }
    }

    @Test
    void dialsFromTheAddressItIsTold() throws Exception {
      InetAddress second = InetAddress.getByName("127.0.0.2");
      try (FlakyServer server = FlakyServer.start(Behaviour.echo());
          SocketChannel channel =
              Dialer.to(server.endpoint()).bindTo(second).connect(Deadline.after(LIMIT))) {
        assertEquals(second, ((InetSocketAddress) channel.getLocalAddress()).getAddress());
      }
    }

    @Test
    void dialsUnixSockets() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo());
          UnixRelay relay = UnixRelay.to(server)) {
        Dialer dialer = Dialer.toUnix(relay.file());
        assertEquals("unix:" + relay.file(), dialer.toString());
        try (SocketChannel channel =
            dialer.option(StandardSocketOptions.SO_SNDBUF, 65_536).connect(Deadline.after(LIMIT))) {
          channel.write(US_ASCII.encode("x"));
          ByteBuffer one = ByteBuffer.allocate(1);
          channel.read(one);
          assertEquals('x', one.get(0));
        }
      }
    }

    @Test
    void resolvesAnewForEachDial() throws Exception {
      try (FlakyServer before = FlakyServer.start(Behaviour.acceptThenSilence());
          FlakyServer after = FlakyServer.start(Behaviour.acceptThenSilence())) {
        Iterator<InetSocketAddress> moves = List.of(at(before), at(after)).iterator();
        Dialer dialer = Dialer.to(SOMEWHERE, endpoint -> List.of(moves.next()));
        dialer.connect(Deadline.after(LIMIT)).close();
        before.awaitAccepted(1, LIMIT);
        dialer.connect(Deadline.after(LIMIT)).close();
        after.awaitAccepted(1, LIMIT);
        assertEquals(1, before.accepted());
      }
    }

    @Test
    void goesOnToTheNextAddressWhenOneRefuses() throws Exception {
      try (FlakyServer down = FlakyServer.start(Behaviour.echo());
          FlakyServer up = FlakyServer.start(Behaviour.echo())) {
        down.refuse();
        try (SocketChannel channel = dialerOver(at(down), at(up)).connect(Deadline.after(LIMIT))) {
          assertEquals(at(up), channel.getRemoteAddress());
        }
      }
    }

    @Test
    void savesTimeForTheNextAddressWhenOneIsSilent() throws Exception {
      try (BlackHole hole = BlackHole.open();
          FlakyServer up = FlakyServer.start(Behaviour.echo())) {
        Dialer dialer = dialerOver(hole.address(), at(up));
        try (SocketChannel channel = dialer.connect(Deadline.after(Duration.ofSeconds(4)))) {
          assertEquals(at(up), channel.getRemoteAddress());
        }
      }
    }
  }

  @Nested
  class ThatFails {

    @Test
    void saysWhoRefused() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
        server.refuse();
        var refused =
            assertThrows(
                ConnectException.class,
                () -> dialerOver(at(server)).connect(Deadline.after(LIMIT)));
        assertLinesMatch(
            List.of("somewhere.example:7000 at 127.0.0.1: Connection refused after \\d+ ms"),
            List.of(String.valueOf(refused.getMessage())));
        assertInstanceOf(ConnectException.class, refused.getCause());
      }
    }

    @Test
    void givesUpOnASilentAddressAtTheDeadlineAndNotBefore() throws Exception {
      try (BlackHole hole = BlackHole.open()) {
        Deadline deadline = Deadline.after(Duration.ofMillis(300));
        var late =
            assertTimeoutPreemptively(
                LIMIT,
                () ->
                    assertThrows(
                        SocketTimeoutException.class,
                        () -> dialerOver(hole.address()).connect(deadline)));
        assertTrue(deadline.hasPassed());
        assertTrue(
            late.toString().contains(": somewhere.example:7000 at 127.0.0.1: "), late::toString);
      }
    }

    @Test
    void takesTheTimeOfThePoolsAttempt() throws Exception {
      try (BlackHole hole = BlackHole.open()) {
        var context = new FixedDialContext(Duration.ofMillis(50));
        Dialer dialer = dialerOver(hole.address());
        assertTimeoutPreemptively(
            LIMIT, () -> assertThrows(SocketTimeoutException.class, () -> dialer.connect(context)));
      }
    }

    @Test
    void treatsLessThanAMillisecondAsALimitToo() throws Exception {
      try (BlackHole hole = BlackHole.open()) {
        Dialer dialer = dialerOver(hole.address());
        for (int i = 0; i < 20; i++) {
          Deadline deadline = Deadline.after(Duration.ofNanos(900_000));
          assertTimeoutPreemptively(
              LIMIT,
              () -> assertThrows(SocketTimeoutException.class, () -> dialer.connect(deadline)));
        }
      }
    }

    @Test
    void doesNotEvenResolveWhenTheDeadlineHasPassed() {
      Dialer dialer =
          Dialer.to(
              SOMEWHERE,
              endpoint -> {
                throw new AssertionError("resolved " + endpoint);
              });
      var late =
          assertThrows(
              SocketTimeoutException.class, () -> dialer.connect(Deadline.after(Duration.ZERO)));
      assertTrue(late.toString().contains("somewhere.example:7000: no time left"), late::toString);
    }

    @Test
    void doesNotConnectWhenResolvingTookAllTheTime() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
        Deadline deadline = Deadline.after(Duration.ofMillis(20));
        Dialer dialer =
            Dialer.to(
                SOMEWHERE,
                endpoint -> {
                  while (!deadline.hasPassed()) {
                    Thread.onSpinWait();
                  }
                  return List.of(at(server));
                });
        assertThrows(SocketTimeoutException.class, () -> dialer.connect(deadline));
      }
    }

    @Test
    void tellsWhatHappenedAtEveryAddress() throws Exception {
      try (BlackHole hole = BlackHole.open();
          FlakyServer down = FlakyServer.start(Behaviour.echo())) {
        down.refuse();
        Dialer dialer = dialerOver(at(down), hole.address());
        Deadline deadline = Deadline.after(Duration.ofMillis(300));
        var last = assertThrows(SocketTimeoutException.class, () -> dialer.connect(deadline));
        assertEquals(1, last.getSuppressed().length);
        assertInstanceOf(ConnectException.class, last.getSuppressed()[0]);
      }
    }

    @Test
    void leavesAnUnknownHostAsItIs() {
      UnknownHostException unknown = new UnknownHostException("somewhere.example");
      Dialer dialer =
          Dialer.to(
              SOMEWHERE,
              endpoint -> {
                throw unknown;
              });
      assertEquals(
          unknown,
          assertThrows(UnknownHostException.class, () -> dialer.connect(Deadline.after(LIMIT))));
    }

    @Test
    void leavesNoDescriptorOpen() throws Exception {
      var os = ManagementFactory.getOperatingSystemMXBean();
      assumeTrue(os instanceof UnixOperatingSystemMXBean, "descriptors can be counted");
      var unix = (UnixOperatingSystemMXBean) os;
      int dials = 500;
      try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
        server.refuse();
        Dialer dialer = dialerOver(at(server));
        long before = unix.getOpenFileDescriptorCount();
        for (int i = 0; i < dials; i++) {
          assertThrows(ConnectException.class, () -> dialer.connect(Deadline.after(LIMIT)));
        }
        // Half, because other tests open and close descriptors meanwhile.
        assertTrue(unix.getOpenFileDescriptorCount() - before < dials / 2);
      }
    }

    @Test
    void refusesToTalkToItselfAndSetsThePortFree() throws Exception {
      // Several times: chance has a part in it, and on a busy machine somebody else may come first.
      boolean metItself = false;
      boolean free = false;
      for (int i = 0; i < 5 && !free; i++) {
        InetSocketAddress nobody = portOfAFormerClient();
        if (meetsItselfAt(nobody)) {
          metItself = true;
          free = canListenAt(nobody);
        }
      }
      assumeTrue(metItself, "this kernel chooses its local ports otherwise");
      assertTrue(free);
    }

    /** The range of such ports is where the kernel also looks for the local port of a dial. */
    private static InetSocketAddress portOfAFormerClient() throws IOException {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo());
          SocketChannel client = SocketChannel.open(at(server))) {
        client.setOption(StandardSocketOptions.SO_LINGER, 0);
        return (InetSocketAddress) client.getLocalAddress();
      }
    }

    /** Linux walks its range in small random steps: one in 15,000 dials finds the port itself. */
    private static boolean meetsItselfAt(InetSocketAddress nobody) {
      Dialer dialer = dialerOver(nobody);
      for (int i = 0; i < 60_000; i++) {
        var refused =
            assertThrows(ConnectException.class, () -> dialer.connect(Deadline.after(LIMIT)));
        if (refused.toString().contains("itself")) {
          return true;
        }
      }
      return false;
    }

    private static boolean canListenAt(InetSocketAddress address) throws IOException {
      try (ServerSocket listener = new ServerSocket()) {
        listener.bind(address);
        return true;
      } catch (BindException taken) {
        return false;
      }
    }
  }

  @Nested
  class ThatIsInterrupted {

    @Test
    void stopsBeforeItBegins() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
        Thread.currentThread().interrupt();
        var stopped =
            assertThrows(
                IOException.class,
                () -> dialerOver(at(server), at(server)).connect(Deadline.after(LIMIT)));
        assertTrue(Thread.interrupted(), "the flag stays set");
        assertInstanceOf(ClosedByInterruptException.class, stopped);
      }
    }

    @Test
    void stopsInTheMiddle() throws Exception {
      try (BlackHole hole = BlackHole.open()) {
        Dialer dialer = dialerOver(hole.address(), hole.address());
        CompletableFuture<Boolean> flagAfterwards = new CompletableFuture<>();
        Thread dialing =
            new Thread(
                () -> {
                  var failure =
                      assertThrows(IOException.class, () -> dialer.connect(Deadline.after(LIMIT)));
                  if (failure instanceof ClosedByInterruptException) {
                    flagAfterwards.complete(Thread.currentThread().isInterrupted());
                  } else {
                    flagAfterwards.completeExceptionally(failure);
                  }
                });
        dialing.start();
        while (Stream.of(dialing.getStackTrace()).noneMatch(DialerTest::isConnecting)) {
          Thread.onSpinWait();
        }
        dialing.interrupt();
        assertTrue(flagAfterwards.get(LIMIT.toMillis() / 2, TimeUnit.MILLISECONDS));
        dialing.join();
      }
    }
  }

  @Nested
  class ItsSettings {

    @Test
    void anOptionOfAnotherKindOfSocketIsRejectedAtOnce() {
      var rejected =
          assertThrows(
              IllegalArgumentException.class,
              () -> Dialer.to(SOMEWHERE).option(StandardSocketOptions.IP_MULTICAST_TTL, 3));
      assertEquals("socket option IP_MULTICAST_TTL cannot be set to 3", rejected.getMessage());
    }

    @Test
    void anImpossibleValueIsRejectedAtOnce() {
      var rejected =
          assertThrows(
              IllegalArgumentException.class,
              () -> Dialer.to(SOMEWHERE).option(StandardSocketOptions.SO_RCVBUF, -1));
      assertEquals("socket option SO_RCVBUF cannot be set to -1", rejected.getMessage());
    }

    @Test
    void sharesAreEqualButNeverTooSmallToBeOfUse() {
      long ms = 1_000_000;
      assertEquals(500 * ms, Dialer.share(1000 * ms, 2));
      assertEquals(250 * ms, Dialer.share(1000 * ms, 10));
      assertEquals(100 * ms, Dialer.share(100 * ms, 10));
      assertEquals(0, Dialer.share(0, 3));
    }
  }

  private static Dialer dialerOver(InetSocketAddress... addresses) {
    return Dialer.to(SOMEWHERE, endpoint -> List.of(addresses));
  }

  private static InetSocketAddress at(FlakyServer server) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
  }

  private static boolean isConnecting(StackTraceElement frame) {
    return frame.getClassName().equals(Dialer.class.getName())
        && frame.getMethodName().equals("connected");
  }

  @Nested
  class Mistakes {

    @Test
    void aPaceThatNoKernelKnowsIsQuoted() {
      Dialer dialer = Dialer.to(SOMEWHERE);
      Duration good = Duration.ofSeconds(1);
      for (Duration bad : List.of(Duration.ZERO, Duration.ofMillis(1_500), Duration.ofDays(1))) {
        var idle =
            assertThrows(IllegalArgumentException.class, () -> dialer.keepAlive(bad, good, 1));
        assertTrue(idle.getMessage().contains(bad.toString()), idle::getMessage);
        assertThrows(IllegalArgumentException.class, () -> dialer.keepAlive(good, bad, 1));
      }
      var count =
          assertThrows(IllegalArgumentException.class, () -> dialer.keepAlive(good, good, 0));
      assertTrue(count.getMessage().contains("TCP_KEEPCOUNT"), count::getMessage);
    }

    @Test
    void anAddressOfAnotherMachineIsQuoted() throws Exception {
      InetAddress foreign = InetAddress.getByName("192.0.2.1");
      var wrong =
          assertThrows(IllegalArgumentException.class, () -> Dialer.to(SOMEWHERE).bindTo(foreign));
      assertTrue(wrong.getMessage().contains("192.0.2.1"), wrong::getMessage);
    }

    @Test
    void aUnixSocketHasNoAddressAndNoDelayToSet() {
      Dialer unix = Dialer.toUnix(Path.of("/nowhere"));
      assertThrows(
          IllegalArgumentException.class, () -> unix.bindTo(InetAddress.getLoopbackAddress()));
      assertThrows(
          IllegalArgumentException.class,
          () -> unix.option(StandardSocketOptions.TCP_NODELAY, true));
    }
  }

  @Nested
  class OnUnixSocketsThatFail {
    @TempDir Path folder;

    @Test
    void aFileThatIsNotThereIsARefusal() {
      Path nowhere = folder.resolve("nowhere");
      var refused =
          assertThrows(
              ConnectException.class, () -> Dialer.toUnix(nowhere).connect(Deadline.after(LIMIT)));
      assertTrue(refused.getMessage().contains(nowhere.toString()), refused::getMessage);
    }

    @Test
    void aServerWhoseQueueIsFullIsGivenUpAtTheDeadline() throws Exception {
      Path file = folder.resolve("socket");
      try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        listener.bind(UnixDomainSocketAddress.of(file), 1);
        Dialer dialer = Dialer.toUnix(file);
        List<SocketChannel> fill = new ArrayList<>();
        var silent =
            assertThrows(
                SocketTimeoutException.class,
                () -> {
                  while (fill.size() < 100) {
                    fill.add(dialer.connect(Deadline.after(Duration.ofMillis(100))));
                  }
                });
        assertTrue(silent.getMessage().contains(file.toString()), silent::getMessage);
        for (SocketChannel channel : fill) {
          channel.close();
        }
      }
    }
  }
}
