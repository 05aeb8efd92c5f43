package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyConnection;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A connection on its own: ids G-22 to G-35, G-45 to G-48 and G-54 of the study of the seeds. */
class TcpConnTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  private static final Framing CHECKED = Framing.lengthPrefixed().checksum(CRC32C::new);

  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();

  @AfterEach
  void closeAll() throws Exception {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
  }

  @Test
  void g22_aWriteThatRanIntoItsLimitIsNeverContinued() throws Exception {
    TcpConn conn = conn(Behaviour.neverRead(), Framing.lengthPrefixed().headerBytes(4));
    ByteBuffer large = ByteBuffer.allocate(16 << 20);
    conn.oneWay(bytes("so that all classes are there"));
    long before = conn.bytesWritten();
    assertThrows(SocketTimeoutException.class, () -> conn.oneWay(large, Duration.ofMillis(500)));
    long written = conn.bytesWritten();
    assertTrue(written > before && written < 16 << 20);
    var broken = assertThrows(IOException.class, () -> conn.oneWay(bytes("x")));
    assertTrue(broken.getCause() instanceof SocketTimeoutException);
    assertEquals(written, conn.bytesWritten());
    assertEquals(TcpConn.State.BROKEN, conn.state());
  }

  @Test
  void g24_theEndBeforeTheLastByteCarriesWhatHadCome() throws Exception {
    TcpConn conn = conn(c -> c.send("abc"), Framing.raw());
    var ended = assertThrows(UnexpectedEofException.class, () -> conn.readExactly(5));
    assertArrayEquals("abc".getBytes(UTF_8), ended.partial());
  }

  @Test
  void g25_aReadOfWhatIsThereNeverWaitsAndTheOtherOneDoes() throws Exception {
    TcpConn conn = conn(Behaviour.echo(), Framing.raw());
    ByteBuffer into = ByteBuffer.allocate(10);
    assertEquals(0, conn.readAvailable(into));
    conn.write(bytes("hi"));
    assertTrue(conn.readSome(into) > 0);
    while (into.position() < 2) {
      assertTrue(conn.readAvailable(into) >= 0);
    }
    assertEquals("hi", text(into.flip()));
    assertThrows(SocketTimeoutException.class, () -> conn.readSome(into.clear(), SHORT));
    assertThrows(IllegalArgumentException.class, () -> conn.readSome(ByteBuffer.allocate(0)));
  }

  @Test
  void g26_aBurstIsWhatComesWithoutAPause() throws Exception {
    TcpConn conn =
        conn(
            c -> {
              c.send("x".repeat(150));
              c.pause(Duration.ofMillis(5));
              c.send("y".repeat(150));
              c.stall();
            },
            Framing.raw());
    ByteBuffer both = conn.readAvailableBurst(Duration.ofMillis(500), 300);
    assertEquals("x".repeat(150) + "y".repeat(150), text(both));
  }

  @Test
  void g26_aBurstBeyondItsMaximumStaysUnread() throws Exception {
    TcpConn conn = conn(c -> c.forEachLine(c::answer), Framing.raw());
    ByteBuffer first = conn.sendRecvBurst("abcdef\n".getBytes(UTF_8), Duration.ofMillis(1), 6);
    assertEquals("answer", text(first));
    assertFalse(conn.isPristine(), "the rest is unread");
    assertEquals(" abcdef\n", text(conn.readAvailableBurst(Duration.ofMillis(1), 100)));
    assertTrue(conn.isPristine());
  }

  @Test
  void g27_theQuietTimeIsHowLongAPauseMayBe() throws Exception {
    TcpConn conn =
        conn(
            c -> {
              c.send("a");
              c.skip(1);
              c.send("b");
              c.stall();
            },
            Framing.raw());
    assertEquals("a", text(conn.readAvailableBurst(Duration.ofMillis(1), 100)));
    conn.write(bytes("!"));
    assertEquals("b", text(conn.readAvailableBurst(Duration.ofMillis(1), 100)));
  }

  @Test
  void g28_linesAreBoundedAndTheirEndsTakenOff() throws Exception {
    TcpConn conn = conn(c -> c.send("a\r\nb\n" + "x".repeat(100_000)), Framing.raw());
    assertEquals("a", conn.readLine());
    assertEquals("b", conn.readLine());
    assertThrows(FrameException.class, conn::readLine);
    assertEquals(TcpConn.State.BROKEN, conn.state());
  }

  @Test
  void g29_readingUntilAMarkGivesTheMarkToo() throws Exception {
    TcpConn conn = conn(c -> c.send("xend yENDz"), Framing.raw());
    assertEquals("xend yEND", new String(conn.readUntil("END".getBytes(UTF_8)), UTF_8));
    assertEquals("z", text(ByteBuffer.wrap(conn.readExactly(1))));
    assertThrows(IllegalArgumentException.class, () -> conn.readUntil(new byte[0]));
  }

  @Test
  void g30_aLimitIsForItsOwnCallOnly() throws Exception {
    TcpConn conn = conn(Behaviour.lateAnswer(Duration.ofMillis(600)), Framing.lines());
    ByteBuffer none = ByteBuffer.allocate(1);
    assertEquals(0, conn.readAvailable(none));
    conn.sendFrame(bytes("1"), SHORT);
    // Longer than the limit above, and than the answer takes.
    assertEquals("answer 1", text(conn.readFrame(LIMIT)));
    assertThrows(SocketTimeoutException.class, () -> conn.exchange(bytes("2"), SHORT));
  }

  @Test
  void g32_everyCallWithoutALimitHasThatOfTheConnection() throws Exception {
    FlakyServer server = server(Behaviour.acceptThenSilence());
    var channel = Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT));
    try (TcpConn conn = TcpConn.wrap(channel, Framing.lines(), SHORT)) {
      assertThrows(SocketTimeoutException.class, () -> conn.exchange(bytes("x")));
    }
    for (Duration bad : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1)}) {
      var wrong =
          assertThrows(
              IllegalArgumentException.class, () -> TcpConn.wrap(channel, Framing.lines(), bad));
      assertTrue(wrong.getMessage().contains(bad.toString()) || !channel.isOpen());
    }
  }

  @Test
  void g34_bytesAreSentAndAnswersReadByLengthByLineOrByBurst() throws Exception {
    TcpConn conn = conn(Behaviour.answerLines(), Framing.raw());
    assertEquals("answer x\n", new String(conn.sendRecv("x\n".getBytes(UTF_8), 9), UTF_8));
    assertEquals("answer y", conn.sendRecvLine("y\n".getBytes(UTF_8)));
    conn.output().write("z\n".getBytes(UTF_8));
    assertEquals("answer z\n", new String(conn.input().readNBytes(9), UTF_8));
    assertEquals('!', conn.sendRecv("!\n".getBytes(UTF_8), 9)[7]);
  }

  @Test
  void g45_anAnnouncedLengthBeyondTheMaximumBreaksTheConnection() throws Exception {
    TcpConn conn = conn(c -> c.send("\u0000\u0020xxxx"), Framing.lengthPrefixed().max(16));
    var tooLong = assertThrows(FrameException.class, conn::readFrame);
    assertTrue(tooLong.getMessage().contains("32"), tooLong::getMessage);
    assertEquals(TcpConn.State.BROKEN, conn.state());
  }

  @Test
  void g47_framesOfAnySizeComeBackWhole() throws Exception {
    TcpConn conn = conn(Behaviour.echo(), Framing.lengthPrefixed());
    Random random = new Random(47);
    for (int i = 0; i < 200; i++) {
      byte[] message = new byte[i == 0 ? 0 : random.nextInt(65_501)];
      random.nextBytes(message);
      ByteBuffer answer = conn.exchange(ByteBuffer.wrap(message));
      byte[] content = new byte[answer.remaining()];
      answer.get(content);
      assertArrayEquals(message, content);
      assertTrue(conn.isPristine());
    }
  }

  @Test
  void g48_oneFlippedBitBreaksTheConnection() throws Exception {
    TcpConn conn = conn(this::echoWithEveryThirdFlipped, CHECKED);
    assertEquals("one", text(conn.exchange(bytes("one"))));
    assertEquals("two", text(conn.exchange(bytes("two"))));
    var flipped = assertThrows(FrameException.class, () -> conn.exchange(bytes("three")));
    assertTrue(flipped.getMessage().contains("checksum"), flipped::getMessage);
    assertEquals(TcpConn.State.BROKEN, conn.state());
  }

  private void echoWithEveryThirdFlipped(FlakyConnection connection) throws IOException {
    for (int i = 1; ; i++) {
      byte[] header = connection.readBytes(2);
      if (header == null) {
        return;
      }
      byte[] rest = connection.readBytes(4 + header[1]);
      rest[rest.length - 1] ^= (byte) (i % 3 == 0 ? 1 : 0);
      connection.send(header);
      connection.send(rest);
    }
  }

  @Test
  void aFrameArrivesWholeInOneByteSegments() throws Exception {
    TcpConn conn = conn(Behaviour.slowDrip(Duration.ofMillis(1)), Framing.lines());
    assertEquals("answer drip", text(conn.exchange(bytes("drip"))));
  }

  @Test
  void anAnswerIsTheCallersWhateverComesLater() throws Exception {
    TcpConn conn = conn(Behaviour.answerLines(), Framing.lines());
    ByteBuffer first = conn.exchange(bytes("first"));
    conn.exchange(bytes("other"));
    assertEquals("answer first", text(first));
  }

  @Test
  void answersOwedAreCounted() throws Exception {
    TcpConn conn = conn(Behaviour.answerLines(), Framing.lines());
    conn.sendFrame(bytes("1"));
    conn.sendFrame(bytes("2"));
    assertEquals(2, conn.answersOwed());
    conn.readFrame();
    assertFalse(conn.isPristine());
    conn.readFrame();
    assertTrue(conn.isPristine());
  }

  @Test
  void g54_aSocketOfSomebodyElseIsWrapped() throws Exception {
    FlakyServer server = server(Behaviour.answerLines());
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    try (TcpConn conn = TcpConn.wrap(socket, Framing.lines(), LIMIT)) {
      assertEquals("answer 1", text(conn.exchange(bytes("1"))));
      assertEquals(socket.getLocalSocketAddress(), conn.localAddress());
      assertEquals(2, conn.bytesWritten());
      assertEquals(9, conn.bytesRead());
      assertEquals(0, conn.redials());
      assertTrue(conn.tlsSession().isEmpty() && conn.applicationProtocol().isEmpty());
    }
  }

  @Test
  void mistakesBreakNothing() throws Exception {
    TcpConn conn = conn(Behaviour.answerLines(), Framing.lines());
    assertThrows(IllegalArgumentException.class, () -> conn.exchange(bytes("two\nlines")));
    assertThrows(IllegalArgumentException.class, () -> conn.readExactly(-1));
    assertThrows(IllegalArgumentException.class, () -> conn.readFrame(Duration.ZERO));
    assertThrows(
        IllegalArgumentException.class, () -> conn.readAvailableBurst(Duration.ofMillis(1), 0));
    assertEquals(0, conn.bytesWritten());
    assertEquals(TcpConn.State.UNPROVEN, conn.state());
    assertEquals("answer 1", text(conn.exchange(bytes("1"))));
    assertEquals(TcpConn.State.PROVEN, conn.state());
  }

  private FlakyServer server(Behaviour behaviour) throws IOException {
    FlakyServer server = FlakyServer.start(behaviour);
    toClose.push(server);
    return server;
  }

  private TcpConn conn(Behaviour behaviour, Framing framing) throws IOException {
    FlakyServer server = server(behaviour);
    TcpConn conn =
        TcpConn.wrap(Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT)), framing, LIMIT);
    toClose.push(conn);
    return conn;
  }
}
