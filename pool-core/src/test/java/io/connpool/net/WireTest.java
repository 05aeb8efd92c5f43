package io.connpool.net;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Health;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import io.connpool.testkit.UnixRelay;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every wire promises, whatever carries it. */
class WireTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** What may carry a wire. */
  enum Carrier {
    TCP,
    UNIX,
    SOCKET,
    TLS_1_2,
    TLS_1_3;

    boolean isTls() {
      return this == TLS_1_2 || this == TLS_1_3;
    }
  }

  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();

  @AfterEach
  void closeAll() throws Exception {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenComesBackAndIsCounted(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.echo());
    wire.write(bytes("he"), bytes(""), bytes("llo"));
    assertEquals("hello", text(read(wire, 5)));
    assertEquals(5, wire.bytesWritten());
    assertEquals(5, wire.bytesRead());
    assertTrue(wire.isOpen());
    assertEquals(carrier.isTls(), wire.tlsSession().isPresent());
  }

  @ParameterizedTest
  @EnumSource
  void megabytesGoBothWaysAtOnce(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.echo());
    byte[] sent = new byte[3_000_001];
    new Random(1).nextBytes(sent);
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              try {
                wire.write(
                    ByteBuffer.wrap(sent, 0, 100), ByteBuffer.wrap(sent, 100, 3_000_000 - 99));
              } catch (IOException failure) {
                throw new IllegalStateException(failure);
              }
            });
    assertArrayEquals(sent, read(wire, sent.length));
    writer.join();
    assertEquals(sent.length, wire.bytesWritten());
  }

  @ParameterizedTest
  @EnumSource
  void aReadWithoutWaitingGetsNothingThenSomethingThenTheEnd(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.closeAfter(1));
    ByteBuffer into = ByteBuffer.allocate(100);
    assertEquals(0, wire.readNow(into));
    wire.write(bytes("x\n"));
    while (into.position() < "answer x\n".length()) {
      assertTrue(wire.readNow(into) >= 0);
    }
    if (carrier != Carrier.SOCKET) { // which cannot see the end without waiting for it
      eventually(() -> "the end", () -> readNow(wire) == -1);
    }
    assertEquals(-1, wire.read(into));
  }

  private static int readNow(Wire wire) {
    try {
      return wire.readNow(ByteBuffer.allocate(1));
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  @ParameterizedTest
  @EnumSource
  void silenceLooksCleanAgainAndAgainAndLeavesTheWireUsable(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.answerLines());
    Health silent = carrier == Carrier.SOCKET ? Health.UNKNOWN : Health.CLEAN;
    for (int i = 0; i < 5; i++) {
      assertEquals(Health.CLEAN, wire.glance());
      assertEquals(silent, wire.probe(ByteBuffer.allocate(10)));
      wire.write(bytes("x\n"));
      assertEquals("answer x\n", text(read(wire, 9)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void bytesThatNobodyAskedForAreSeenAndKept(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.strayAfterAnswer("stray"));
    wire.write(bytes("x\n"));
    read(wire, 9);
    eventually(() -> "glance", () -> wire.glance() == Health.DIRTY);
    if (!carrier.isTls()) { // where a glance that is not clean has looked already
      ByteBuffer lastWords = ByteBuffer.allocate(10);
      assertEquals(Health.DIRTY, wire.probe(lastWords));
      assertTrue("stray".contains(text(lastWords)));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "SOCKET", mode = EnumSource.Mode.EXCLUDE)
  void aPeerThatHasClosedIsSeen(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.closeAfter(1));
    wire.write(bytes("x\n"));
    read(wire, 9);
    eventually(() -> "it is seen", () -> wire.probe(ByteBuffer.allocate(10)) == Health.STALE);
  }

  @ParameterizedTest
  @EnumSource
  void aClosedWireIsStaleAndSaysSo(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.answerLines());
    wire.close();
    wire.close();
    wire.abort();
    assertFalse(wire.isOpen());
    assertEquals(Health.STALE, wire.glance());
    assertEquals(Health.STALE, wire.probe(ByteBuffer.allocate(1)));
    assertThrows(IOException.class, () -> wire.write(bytes("x")));
    assertThrows(IOException.class, () -> wire.read(ByteBuffer.allocate(1)));
  }

  @ParameterizedTest
  @EnumSource
  void aDeadlineCutsReadsAndWrites(Carrier carrier) throws Exception {
    Wire reading = wire(carrier, Behaviour.acceptThenSilence());
    reading.newFuse().arm(Deadline.after(Duration.ofMillis(60)));
    assertThrows(SocketTimeoutException.class, () -> reading.read(ByteBuffer.allocate(1)));
    Wire writing = wire(carrier, neverReadMore());
    writing.newFuse().arm(Deadline.after(Duration.ofMillis(60)));
    ByteBuffer large = ByteBuffer.allocate(64 << 20);
    assertThrows(SocketTimeoutException.class, () -> writing.write(large));
  }

  private static Behaviour neverReadMore() {
    return connection -> {
      connection.skip(1); // under TLS the first read makes the handshake
      connection.stall();
    };
  }

  @ParameterizedTest
  @EnumSource(names = "SOCKET", mode = EnumSource.Mode.EXCLUDE)
  void anInterruptClosesTheWireAndKeepsTheFlag(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.acceptThenSilence());
    Thread.currentThread().interrupt();
    assertThrows(ClosedByInterruptException.class, () -> wire.read(ByteBuffer.allocate(1)));
    assertTrue(Thread.interrupted());
    assertFalse(wire.isOpen());
  }

  @ParameterizedTest
  @EnumSource
  void aCloseFromAnotherThreadEndsARead(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.acceptThenSilence());
    CompletableFuture<Integer> seen = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                seen.complete(wire.read(ByteBuffer.allocate(1)));
              } catch (IOException closed) {
                seen.complete(-1);
              }
            });
    reader.start();
    eventually(() -> "it reads", () -> isInRead(reader));
    wire.close();
    // Under TLS the peer answers the farewell, and so may be seen to have finished.
    assertEquals(-1, seen.get(20, TimeUnit.SECONDS));
  }

  private static boolean isInRead(Thread reader) {
    for (StackTraceElement frame : reader.getStackTrace()) {
      if (frame.getMethodName().equals("read")) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @EnumSource
  void bothEndsHaveAnAddress(Carrier carrier) throws Exception {
    Wire wire = wire(carrier, Behaviour.acceptThenSilence());
    assertNotEquals(wire.localAddress(), wire.remoteAddress());
    assertTrue(wire.toString().contains(wire.remoteAddress().toString()));
  }

  /** An abort is heard as a reset, where there is such a thing. */
  @ParameterizedTest
  @EnumSource(names = {"TCP", "SOCKET"})
  void anAbortResetsTheConnection(Carrier carrier) throws Exception {
    CompletableFuture<Throwable> heard = new CompletableFuture<>();
    Wire wire =
        wire(
            carrier,
            connection -> {
              try {
                connection.drain();
                heard.complete(new AssertionError("an orderly end"));
              } catch (IOException reset) {
                heard.complete(reset);
              }
            });
    wire.write(bytes("x"));
    wire.abort();
    assertTrue(heard.join() instanceof IOException, () -> "heard " + heard.join());
  }

  private Wire wire(Carrier carrier, Behaviour behaviour) throws Exception {
    FlakyServer server =
        carrier.isTls()
            ? FlakyServer.startTls(TlsTest.serverContext(), false, behaviour)
            : FlakyServer.start(behaviour);
    toClose.push(server);
    Deadline deadline = Deadline.after(LIMIT);
    Wire wire =
        switch (carrier) {
          case TCP -> Wire.over(Dialer.to(server.endpoint()).connect(deadline));
          case SOCKET -> Wire.over(new Socket(InetAddress.getLoopbackAddress(), server.port()));
          case UNIX -> {
            UnixRelay relay = UnixRelay.to(server);
            toClose.push(relay);
            yield Wire.over(Dialer.toUnix(relay.file()).connect(deadline));
          }
          case TLS_1_2 -> tls(server, "TLSv1.2", deadline);
          case TLS_1_3 -> tls(server, "TLSv1.3", deadline);
        };
    toClose.push(wire);
    return wire;
  }

  private static Wire tls(FlakyServer server, String version, Deadline deadline)
      throws IOException {
    SocketChannel channel = Dialer.to(server.endpoint()).connect(deadline);
    return Tls.system()
        .trust(TestCertificates.ofLoopback().certificate())
        .versions(version)
        .handshake(Wire.over(channel), server.endpoint(), deadline);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  private static byte[] read(Wire wire, int length) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(length);
    while (into.hasRemaining()) {
      assertTrue(wire.read(into) > 0, "ended early");
    }
    return into.array();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  private static String text(ByteBuffer filled) {
    return UTF_8.decode(filled.flip()).toString();
  }
}
