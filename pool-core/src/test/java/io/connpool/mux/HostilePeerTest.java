package io.connpool.mux;

import static io.connpool.mux.RawPeer.frame;
import static io.connpool.mux.RawPeer.hello;
import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import io.connpool.mux.RawPeer.Frame;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer that lies, dies, dawdles or floods costs its own connection and nothing else. */
@Timeout(60)
class HostilePeerTest {
  @RegisterExtension final MuxWorld world = new MuxWorld(Carrier.TCP);
  private final List<AutoCloseable> toClose = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : toClose) {
      each.close();
    }
  }

  /** A connection of ours whose peer is the test, after the handshake. */
  private record Link(MuxConnection connection, RawPeer peer) {}

  private Link link(UnaryOperator<MuxOptions.Builder> settings, MuxHandler handler)
      throws Exception {
    ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    toClose.add(listener);
    CompletableFuture<MuxConnection> connecting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return MuxConnection.connect(
                    Endpoint.of("127.0.0.1", listener.getLocalPort()),
                    settings.apply(MuxOptions.builder()).build(),
                    handler);
              } catch (Exception failure) {
                throw new IllegalStateException(failure);
              }
            });
    RawPeer peer = new RawPeer(listener.accept()).shakeHands();
    toClose.add(peer);
    MuxConnection connection = connecting.get(20, TimeUnit.SECONDS);
    toClose.add(connection);
    return new Link(connection, peer);
  }

  private static MuxException failureOf(CompletableFuture<?> future) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS));
    return assertInstanceOf(MuxException.class, failure.getCause());
  }

  // --- lengths and headers ---

  @ParameterizedTest
  @ValueSource(ints = {0, 11, -1, 12 + 65_537, Integer.MAX_VALUE})
  void aBadLengthEndsTheConnectionWithAClearWord(int length) throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
      peer.send(ByteBuffer.allocate(4).putInt(length).array());
      String farewell = peer.readFarewell();
      assertTrue(farewell.contains("was " + Integer.toUnsignedLong(length)), farewell);
    }
    assertArrayEquals(new byte[] {1}, world.connect(server).call(new byte[] {1}));
  }

  @Test
  void whatNoPeerMaySendEndsTheConnection() throws Exception {
    MuxServer server = world.server(o -> o.maxMessage(2048), MuxRequest::body);
    List<byte[]> wrong =
        List.of(
            frame('?', 0, 0, 1),
            frame('Q', 4, 0, 1),
            frame('Q', 2, 0, 1, (byte) 0),
            frame('Q', 2, 0, 1, (byte) 0, (byte) 9, (byte) 0),
            frame('I', 1, 0, 1),
            frame('G', 0, 0, 0, (byte) 1),
            hello(65_536, 65_536, 1),
            frame('Q', 0, 0, 1, new byte[65_537]));
    for (byte[] each : wrong) {
      try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
        peer.send(each);
        assertTrue(!peer.readFarewell().isEmpty());
      }
    }
    try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
      peer.send(frame('Q', 1, 0, 1, new byte[2000]));
      peer.send(frame('Q', 0, 0, 1, new byte[49]));
      assertTrue(peer.readFarewell().contains("larger than 2048"));
    }
    try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
      for (int i = 1; i <= 9; i++) {
        peer.send(frame('Q', 1, 0, i, new byte[1]));
      }
      assertTrue(peer.readFarewell().contains("at most 8"));
    }
  }

  @Test
  void whoDoesNotBeginWithAHelloOfOursIsNotServed() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    byte[] otherVersion = hello(65_536, 65_536, 1);
    otherVersion[16 + 4] = 2;
    otherVersion[16 + 5] = 9;
    byte[] otherMagic = hello(65_536, 65_536, 1);
    otherMagic[16] = 'X';
    for (byte[] each :
        List.of(frame('Q', 0, 0, 1), otherVersion, otherMagic, hello(1023, 65_536, 1))) {
      try (RawPeer peer = RawPeer.connect(server)) {
        peer.send(each);
        peer.readFarewell(); // fails if the connection is not ended
      }
    }
  }

  @Test
  void aServerThatSpeaksSomethingElseFailsTheConnect() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> http =
          CompletableFuture.runAsync(
              () -> {
                try (var socket = listener.accept()) {
                  socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes());
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      IOException failure =
          assertThrows(
              IOException.class,
              () -> MuxConnection.connect(Endpoint.of("127.0.0.1", listener.getLocalPort())));
      assertTrue(failure.getMessage().contains("length"), failure::getMessage);
      http.get(20, TimeUnit.SECONDS);
    }
  }

  /** A seeded fuzzer: valid frames with bytes changed, cut anywhere. The server survives. */
  @Test
  void noGarbageHurtsTheServer() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      ByteBuffer stream = ByteBuffer.allocate(2000);
      stream.put(hello(65_536, 16 << 20, 10));
      String types = "QAEROCIJG";
      while (stream.remaining() > 100) {
        byte[] payload = new byte[random.nextInt(40)];
        random.nextBytes(payload);
        int type = types.charAt(random.nextInt(types.length()));
        stream.put(frame(type, random.nextInt(3), random.nextInt(5), random.nextInt(9), payload));
      }
      byte[] bytes = stream.array();
      for (int i = random.nextInt(6); i > 0; i--) {
        bytes[36 + random.nextInt(stream.position() - 36)] = (byte) random.nextInt();
      }
      try (RawPeer peer = RawPeer.connect(server)) {
        for (int from = 0; from < stream.position(); ) {
          int to = Math.min(stream.position(), from + 1 + random.nextInt(300));
          peer.send(java.util.Arrays.copyOfRange(bytes, from, to));
          from = to;
        }
      } catch (IOException cutOff) {
        assertTrue(cutOff.getMessage() != null);
      }
    }
    eventually(() -> "gone", () -> server.connections().isEmpty());
    eventually(() -> "idle", () -> server.handling() == 0);
    assertArrayEquals(new byte[] {1}, world.connect(server).call(new byte[] {1}));
  }

  // --- ids ---

  /** Seed defect 2, M-16: a million late answers, none of which reaches anybody. */
  @Test
  void lateAnswersNeverReachALaterCall() throws Exception {
    int rounds = Integer.getInteger("mux.lateAnswers", 20_000) / 100;
    Link link = link(o -> o.maxInFlight(100), null);
    CompletableFuture<Void> peer =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int round = 0; round < rounds; round++) {
                  List<Long> old = new ArrayList<>();
                  for (int i = 0; i < 100; i++) {
                    old.add(link.peer.read('Q').id());
                  }
                  for (int i = 0; i < 100; i++) {
                    link.peer.read('C');
                  }
                  Frame next = link.peer.read('Q');
                  ByteBuffer all = ByteBuffer.allocate(101 * 20);
                  for (long id : old) {
                    all.put(frame('A', 0, 0, id, new byte[] {'l', 'a', 't', 'e'}));
                  }
                  all.put(frame('A', 0, 0, next.id(), new byte[] {'t', 'r', 'u', 'e'}));
                  link.peer.send(all.array());
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    for (int round = 0; round < rounds; round++) {
      List<CompletableFuture<byte[]>> given = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        given.add(link.connection.callAsync(new byte[0]));
      }
      // Sent before they are cancelled, or they would just be withdrawn.
      long expected = 1L + round * 201L + 100;
      eventually(
          () -> "written " + link.connection.stats(),
          () -> link.connection.stats().framesWritten() >= expected);
      given.forEach(each -> each.cancel(false));
      assertArrayEquals(new byte[] {'t', 'r', 'u', 'e'}, link.connection.call(new byte[0]));
    }
    peer.get(20, TimeUnit.SECONDS);
    assertEquals(rounds * 100L, link.connection.stats().orphans());
    assertEquals(0, link.connection.stats().inFlight());
  }

  @Test
  void aRequestThatIsAnsweredAsAPingEndsTheConnection() throws Exception {
    Link link = link(o -> o, null);
    CompletableFuture<byte[]> call = link.connection.callAsync(new byte[0]);
    long id = link.peer.read('Q').id();
    link.peer.send(frame('J', 0, 0, id));
    assertEquals(Reason.PROTOCOL_ERROR, failureOf(call).reason());
  }

  // --- verdicts ---

  @Test
  void aResetFailsWhatWasSentAsMaybeSent() throws Exception {
    Link link = link(o -> o, null);
    CompletableFuture<byte[]> call = link.connection.callAsync(new byte[0]);
    link.peer.read('Q');
    link.peer.reset();
    MuxException failure = failureOf(call);
    assertEquals(Reason.CLOSED, failure.reason());
    assertEquals(Delivery.MAYBE_SENT, failure.delivery());
  }

  @Test
  void whatThePeerNeverGotIsNotSent() throws Exception {
    Link link =
        link(o -> o.maxPendingBytes(64 << 20).writeStallTimeout(Duration.ofMillis(300)), null);
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 30; i++) { // more than the buffers of both sockets take
      calls.add(link.connection.callAsync(new byte[1 << 20], Duration.ofSeconds(30)));
    }
    AtomicInteger notSent = new AtomicInteger();
    for (CompletableFuture<byte[]> each : calls) {
      MuxException failure = failureOf(each);
      assertTrue(failure.getMessage().contains("taken no byte"), failure::getMessage);
      if (failure.delivery() == Delivery.NOT_SENT) {
        notSent.incrementAndGet();
      }
    }
    assertTrue(notSent.get() >= 10, () -> notSent + " of 30");
  }

  @Test
  void requestsBeyondTheCountOfAGoawayWereNotRun() throws Exception {
    Link link = link(o -> o, null);
    CompletableFuture<byte[]> first = link.connection.callAsync(new byte[] {1});
    long id = link.peer.read('Q').id();
    CompletableFuture<byte[]> second = link.connection.callAsync(new byte[] {2});
    link.peer.read('Q');

    link.peer.send(frame('G', 0, 0, 0, ByteBuffer.allocate(8).putLong(1).array()));

    assertEquals(Delivery.REFUSED, failureOf(second).delivery());
    assertEquals(Delivery.NOT_SENT, failureOf(link.connection.callAsync(new byte[1])).delivery());
    link.peer.send(frame('A', 0, 0, id, new byte[] {7}));
    assertArrayEquals(new byte[] {7}, first.get(20, TimeUnit.SECONDS));
  }

  @Test
  void aCancelledFragmentedRequestIsForgottenByThePeerAndNotSent() throws Exception {
    Link link = link(o -> o, null);
    CompletableFuture<byte[]> large =
        link.connection.callAsync(new byte[15 << 20], Duration.ofMillis(300));
    MuxException failure = failureOf(large);
    assertEquals(Delivery.NOT_SENT, failure.delivery());
    CompletableFuture<byte[]> next = link.connection.callAsync(new byte[] {1});
    Frame frame;
    boolean cancelled = false;
    while ((frame = link.peer.read()).type() != 'Q' || frame.flags() != 0) {
      cancelled |= frame.type() == 'C';
    }
    assertTrue(cancelled);
    link.peer.send(frame('A', 0, 0, frame.id(), new byte[] {9}));
    assertArrayEquals(new byte[] {9}, next.get(20, TimeUnit.SECONDS));
  }

  // --- time ---

  @Test
  void aPeerThatSaysNothingFailsTheConnect() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      MuxOptions impatient = MuxOptions.builder().handshakeTimeout(Duration.ofMillis(100)).build();
      IOException failure =
          assertThrows(
              IOException.class,
              () ->
                  MuxConnection.connect(
                      Endpoint.of("127.0.0.1", listener.getLocalPort()), impatient, null));
      assertTrue(failure.getMessage().contains("HELLO"), failure::getMessage);
    }
  }

  @Test
  void aPeerThatGivesNoSignOfLifeIsGivenUp() throws Exception {
    Link link =
        link(o -> o.pingAfter(Duration.ofMillis(100)).pingTimeout(Duration.ofMillis(100)), null);
    CompletableFuture<byte[]> call = link.connection.callAsync(new byte[0], Duration.ofSeconds(30));
    link.peer.read('Q');
    link.peer.read('I');
    assertTrue(failureOf(call).getMessage().contains("no sign of life"));
  }

  @Test
  void aFrameThatNeverEndsIsNotWaitedFor() throws Exception {
    MuxServer server = world.server(o -> o.frameTimeout(Duration.ofMillis(200)), MuxRequest::body);
    for (byte[] beginning :
        List.of(
            new byte[] {0, 0, 0},
            java.util.Arrays.copyOf(frame('Q', 0, 0, 1, new byte[9]), 20),
            frame('Q', 1, 0, 1, new byte[9]))) {
      try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
        peer.send(beginning);
        assertEquals("", peer.readFarewell()); // the end is what matters; it comes within 20 s
      }
    }
  }

  @Test
  void aFloodOfPingsIsAnswered() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
      for (int i = 0; i < 1000; i++) {
        peer.send(frame('I', 0, 0, i));
      }
      for (int i = 0; i < 1000; i++) {
        assertEquals(i, peer.read('J').id());
      }
    }
  }

  @Test
  void aRequestThatComesTooLateToItsHandlerIsRefused() throws Exception {
    MuxServer server =
        world.server(
            request -> {
              TimeUnit.MILLISECONDS.sleep(50);
              return request.body();
            });
    try (RawPeer peer = RawPeer.connect(server).shakeHands()) {
      // Enough to keep the workers of Java 17 busy; virtual threads begin all of them at once.
      for (int i = 1; i <= 2000; i++) {
        peer.send(frame('Q', 0, 1, i));
      }
      int answered = 0;
      for (int i = 1; i <= 2000; i++) {
        Frame frame = peer.read();
        assertTrue(frame.type() == 'A' || frame.type() == 'R' && frame.code() == 3);
        answered++;
      }
      assertEquals(2000, answered);
    }
  }
}
