package io.connpool.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Health;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private SocketChannel ours;
  private SocketChannel peers;

  @BeforeEach
  void connect() throws IOException {
    try (ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      ours = SocketChannel.open(listener.getLocalAddress());
      peers = listener.accept();
    }
  }

  @AfterEach
  void close() throws IOException {
    ours.close();
    peers.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void probeFindsAnOpenSilentChannelCleanAndLeavesItAsItWas(boolean blocking) throws IOException {
    ours.configureBlocking(blocking);
    assertEquals(Health.CLEAN, assertTimeoutPreemptively(LIMIT, () -> Probe.check(ours)));
    assertEquals(blocking, ours.isBlocking());
    peerSends("x");
    assertEquals("x", restOf(ours, 1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void probeSeesThatThePeerHasClosed(boolean blocking) throws IOException {
    peers.close();
    awaitReadable();
    ours.configureBlocking(blocking);
    assertEquals(Health.STALE, Probe.check(ours));
    assertEquals(blocking, ours.isBlocking());
  }

  @Test
  void probeSeesThatThePeerHasFinishedSending() throws IOException {
    peers.shutdownOutput();
    awaitReadable();
    assertEquals(Health.STALE, Probe.check(ours));
  }

  @Test
  void probeSeesThatThisSideHasStoppedReading() throws IOException {
    ours.shutdownInput();
    assertEquals(Health.STALE, Probe.check(ours));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void probeSeesThatThePeerHasReset(boolean blocking) throws IOException {
    peers.setOption(StandardSocketOptions.SO_LINGER, 0);
    peers.close();
    awaitReadable();
    ours.configureBlocking(blocking);
    assertEquals(Health.STALE, Probe.check(ours));
    assertEquals(Health.STALE, Probe.check(ours), "and still does");
    assertEquals(blocking, ours.isBlocking());
  }

  @Test
  void probeSeesThatTheChannelIsClosed() throws IOException {
    ours.close();
    assertEquals(Health.STALE, Probe.check(ours));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void probeSeesBytesNobodyAskedForAndConsumesOne(boolean blocking) throws IOException {
    peerSends("stray");
    ours.configureBlocking(blocking);
    assertEquals(Health.DIRTY, Probe.check(ours));
    assertEquals(blocking, ours.isBlocking());
    assertEquals("tray", restOf(ours, 4));
  }

  @Test
  void bytesBeforeTheFinAreSeenFirst() throws IOException {
    peerSends("bye");
    peers.close();
    assertEquals(Health.DIRTY, Probe.check(ours));
  }

  @Test
  void theLookAfterADirtyOneSeesAsWell() throws IOException {
    peerSends("ab");
    assertEquals(Health.DIRTY, Probe.check(ours));
    assertEquals(Health.DIRTY, Probe.check(ours));
    assertEquals(Health.CLEAN, Probe.check(ours));
  }

  @Test
  void lastWordsAreKept() throws IOException {
    peerSends("too many connections");
    ByteBuffer lastWords = ByteBuffer.allocate(8);
    assertEquals(Health.DIRTY, Probe.check(ours, lastWords));
    assertEquals("too many", US_ASCII.decode(lastWords.flip()).toString());
  }

  @Test
  void aBufferWithoutRoomIsRejectedBecauseItWouldLookClean() throws IOException {
    peerSends("stray");
    ByteBuffer full = ByteBuffer.allocate(0);
    var rejected = assertThrows(IllegalArgumentException.class, () -> Probe.check(ours, full));
    assertTrue(rejected.toString().contains("cap=0"), rejected::toString);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptIsNeitherNoticedNorLost(boolean blocking) throws IOException {
    ours.configureBlocking(blocking);
    Thread.currentThread().interrupt();
    Health seen = Probe.check(ours);
    assertTrue(Thread.interrupted(), "the flag is for somebody else");
    assertEquals(Health.CLEAN, seen);
    assertTrue(ours.isOpen());
  }

  @Test
  void aChannelRegisteredWithASelectorIsReadAsItIs() throws IOException {
    ours.configureBlocking(false);
    try (Selector selector = Selector.open()) {
      ours.register(selector, SelectionKey.OP_READ);
      assertEquals(Health.CLEAN, Probe.check(ours));
      assertFalse(ours.isBlocking());
    }
  }

  @Test
  void aChannelThatWasNeverConnectedIsAMistake() throws IOException {
    try (SocketChannel channel = SocketChannel.open()) {
      assertThrows(NotYetConnectedException.class, () -> Probe.check(channel));
    }
  }

  private void peerSends(String text) throws IOException {
    peers.write(US_ASCII.encode(text));
    awaitReadable();
  }

  /** What the peer did arrives later than the call by which it did it, if only by little. */
  private void awaitReadable() throws IOException {
    boolean blocking = ours.isBlocking();
    ours.configureBlocking(false);
    try (Selector selector = Selector.open()) {
      ours.register(selector, SelectionKey.OP_READ);
      assertEquals(1, selector.select(LIMIT.toMillis()));
    }
    ours.configureBlocking(blocking);
  }

  private static String restOf(SocketChannel channel, int length) throws IOException {
    ByteBuffer rest = ByteBuffer.allocate(length);
    while (rest.hasRemaining()) {
      assertTrue(channel.read(rest) >= 0, "ended early");
    }
    return US_ASCII.decode(rest.flip()).toString();
  }
}
