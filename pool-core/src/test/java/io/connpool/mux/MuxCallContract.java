package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import io.connpool.mux.MuxOptions.WhenFull;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Asking and answering, one-way messages, and time. Names with M-.. are those of the study. */
abstract class MuxCallContract extends MuxContractKit {
  MuxCallContract(Carrier carrier) {
    super(carrier);
  }

  // --- asking and answering ---

  /** M-01. */
  @Test
  void threeThousandCallersAtOnceEachGetTheirOwnAnswer() throws Exception {
    Random order = new Random(1);
    List<Runnable> held = new ArrayList<>();
    MuxServer server =
        world.server(
            MuxHandler.async(
                request -> {
                  CompletableFuture<byte[]> answer = new CompletableFuture<>();
                  synchronized (held) {
                    held.add(() -> answer.complete(request.body()));
                  }
                  return answer;
                }));
    MuxConnection connection = world.connect(server);
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      answers.add(connection.callAsync(bytes("question " + i)));
    }
    eventually(
        () -> held.size() + " arrived",
        () -> {
          synchronized (held) {
            return held.size() == 3000;
          }
        });

    java.util.Collections.shuffle(held, order);
    held.forEach(Runnable::run);

    for (int i = 0; i < 3000; i++) {
      assertEquals("question " + i, new String(answers.get(i).get(20, TimeUnit.SECONDS), UTF_8));
    }
    assertEquals(1, server.connections().size());
  }

  @Test
  void aBufferIsAskedFromItsPositionToItsLimit() throws Exception {
    MuxConnection connection = world.connectTo(MuxRequest::body);
    ByteBuffer buffer = ByteBuffer.wrap(bytes("abcdef")).position(2).limit(4);

    assertArrayEquals(bytes("cd"), connection.call(buffer));
    assertEquals(0, buffer.remaining());
    buffer.position(3);
    assertArrayEquals(bytes("d"), connection.call(buffer, Duration.ofSeconds(5)));
  }

  @Test
  void messagesOfAnySizeArriveWhole() throws Exception {
    MuxConnection connection = world.connectTo(MuxRequest::body);
    Random random = new Random(2);
    int[] sizes = {0, 1, 12, 1023, 65_535, 65_536, 65_537, 131_072, 1_000_003, 5 << 20};
    for (int size : sizes) {
      byte[] body = new byte[size];
      random.nextBytes(body);
      assertArrayEquals(body, connection.call(body), () -> size + " bytes");
    }
  }

  @Test
  void manyLargeMessagesAtOnceArriveWholeBesideSmallOnes() throws Exception {
    MuxConnection connection = world.connectTo(MuxRequest::body);
    List<byte[]> bodies = new ArrayList<>();
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      byte[] body = new byte[i % 3 == 0 ? 700_000 + i : i];
      Arrays.fill(body, (byte) i);
      bodies.add(body);
      answers.add(connection.callAsync(body, Duration.ofSeconds(30)));
    }
    for (int i = 0; i < 60; i++) {
      assertArrayEquals(bodies.get(i), answers.get(i).get(30, TimeUnit.SECONDS));
    }
  }

  /** Seed defect 1: the ancestor looked for 0D 0D 0A in ids, sizes and bodies. */
  @Test
  void noPatternOfBytesDisturbsTheStream() throws Exception {
    MuxConnection connection = world.connectTo(MuxRequest::body);
    for (int value = 0; value < 256; value++) {
      byte[] body = {(byte) value, 13, 13, 10, (byte) value};
      assertArrayEquals(body, connection.call(body));
    }
  }

  /** M-08. */
  @Test
  void bothEndsAskEachOtherAtOnce() throws Exception {
    MuxServer server = world.server(request -> bytes("server " + new String(request.body())));
    MuxConnection client =
        world.connect(server, o -> o, request -> bytes("client " + new String(request.body())));
    eventually(() -> "accepted", () -> server.connections().size() == 1);
    MuxConnection back = server.connections().get(0);

    List<CompletableFuture<byte[]>> asked = new ArrayList<>();
    List<CompletableFuture<byte[]>> askedBack = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      asked.add(client.callAsync(bytes("" + i)));
      askedBack.add(back.callAsync(bytes("" + i)));
    }
    for (int i = 0; i < 1000; i++) {
      assertEquals("server " + i, new String(asked.get(i).get(20, TimeUnit.SECONDS)));
      assertEquals("client " + i, new String(askedBack.get(i).get(20, TimeUnit.SECONDS)));
    }
  }

  @Test
  void aHandlerMayAskBackBeforeItAnswers() throws Exception {
    MuxServer server =
        world.server(request -> request.connection().call(bytes("who?"), Duration.ofSeconds(10)));
    MuxConnection client = world.connect(server, o -> o, request -> bytes("me"));

    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      answers.add(client.callAsync(bytes("hello")));
    }
    for (CompletableFuture<byte[]> answer : answers) {
      assertEquals("me", new String(answer.get(20, TimeUnit.SECONDS)));
    }
  }

  /** M-05. */
  @Test
  void bothEndsHaveAddresses() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    MuxConnection client = world.connect(server);
    assertTrue(client.localAddress() != null && client.remoteAddress() != null);
    assertTrue(client.toString().contains(client.remoteAddress().toString()));
  }

  // --- one-way ---

  /** M-03, seed defect 5. */
  @Test
  void aOneWayMessageTakesNoPlaceAndIsNotAnswered() throws Exception {
    Held held = new Held();
    AtomicReference<String> seen = new AtomicReference<>();
    CountDownLatch arrived = new CountDownLatch(1);
    MuxServer server =
        world.server(
            new MuxHandler() {
              @Override
              public byte[] onRequest(MuxRequest request) throws Exception {
                return held.onRequest(request);
              }

              @Override
              public void onOneWay(MuxRequest message) {
                seen.set(new String(message.body(), UTF_8));
                arrived.countDown();
              }
            });
    MuxConnection client =
        world.connect(server, o -> o.maxInFlight(1).whenFull(WhenFull.FAIL), null);
    CompletableFuture<byte[]> pending = client.callAsync(bytes("first"));
    held.awaitBegun(1);

    client.send(bytes("by the way"));

    assertTrue(arrived.await(20, TimeUnit.SECONDS));
    assertEquals("by the way", seen.get());
    assertEquals(1, client.stats().inFlight());
    held.letGo.countDown();
    assertArrayEquals(bytes("first"), pending.get(20, TimeUnit.SECONDS));
    assertEquals(0, client.stats().orphans());
    eventually(() -> "over", () -> server.handling() == 0);
  }

  @Test
  void theArrayOfAOneWayMessageMayBeReusedAtOnce() throws Exception {
    Set<Byte> seen = ConcurrentHashMap.newKeySet();
    MuxServer server =
        world.server(
            new MuxHandler() {
              @Override
              public byte[] onRequest(MuxRequest request) {
                return request.body();
              }

              @Override
              public void onOneWay(MuxRequest message) {
                seen.add(message.body()[0]);
              }
            });
    MuxConnection client = world.connect(server);
    byte[] reused = new byte[1];
    for (int i = 0; i < 100; i++) {
      reused[0] = (byte) i;
      client.send(reused);
    }
    eventually(() -> seen.size() + " values", () -> seen.size() == 100);
  }

  // --- time ---

  /** M-02. */
  @Test
  void aCallWithoutAnswerEndsAtItsTimeoutAndTheConnectionGoesOn() throws Exception {
    Held held = new Held();
    MuxConnection client = world.connectTo(held);
    long began = System.nanoTime();

    MuxException failure = failureOf(() -> client.call(bytes("x"), SHORT));

    long millis = (System.nanoTime() - began) / 1_000_000;
    assertFailed(Reason.TIMEOUT, Delivery.MAYBE_SENT, failure);
    assertTrue(millis >= 50, () -> "after " + millis + " ms");
    assertEquals(0, client.stats().inFlight());
    assertEquals(1, client.stats().timedOut());
    held.letGo.countDown();
    assertArrayEquals(bytes("y"), client.call(bytes("y")));
  }

  @Test
  void theStackTraceOfAFailureIsTheCallers() throws Exception {
    Held held = new Held();
    MuxConnection client = world.connectTo(held);
    MuxException failure = failureOf(() -> client.call(bytes("x"), SHORT));
    assertTrue(
        Arrays.stream(failure.getStackTrace())
            .anyMatch(frame -> frame.getClassName().contains("MuxContract")),
        () -> Arrays.toString(failure.getStackTrace()));
    held.letGo.countDown();
  }

  /** M-11, seed defect 2. */
  @Test
  void aLateAnswerReachesTheOrphanCallbackAndNobodyElse() throws Exception {
    Held held = new Held();
    MuxServer server = world.server(held);
    Queue<String> orphans = new ConcurrentLinkedQueue<>();
    MuxConnection client =
        world.connect(
            server,
            o -> o,
            new MuxHandler() {
              @Override
              public byte[] onRequest(MuxRequest request) {
                return request.body();
              }

              @Override
              public void onOrphan(MuxConnection connection, long id, byte[] answer) {
                orphans.add(new String(answer, UTF_8));
              }
            });
    failureOf(() -> client.call(bytes("late"), SHORT));
    CompletableFuture<byte[]> next = client.callAsync(bytes("in time"));
    held.awaitBegun(2);

    held.letGo.countDown();

    assertArrayEquals(bytes("in time"), next.get(20, TimeUnit.SECONDS));
    eventually(() -> "orphans " + orphans, () -> orphans.size() == 1);
    assertEquals("late", orphans.peek());
    assertEquals(1, client.stats().orphans());
  }

  @Test
  void aTimeoutMustBePositive() throws Exception {
    MuxConnection client = world.connectTo(MuxRequest::body);
    for (Duration bad : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> client.call(bytes("x"), bad));
      assertTrue(refused.getMessage().contains(bad.toString()));
    }
    assertArrayEquals(bytes("x"), client.call(bytes("x"), Duration.ofDays(1_000_000)));
  }

  @Test
  void theHandlerKnowsHowLongTheCallerWaits() throws Exception {
    MuxConnection client =
        world.connectTo(
            request -> bytes(request.remaining().map(Duration::toMillis).orElse(-1L) + ""));
    long known = Long.parseLong(new String(client.call(bytes("x"), Duration.ofSeconds(20))));
    assertTrue(known > 0 && known <= 20_001, () -> known + " ms");
    assertEquals("-1", new String(client.call(bytes("x"), Duration.ofMinutes(10))));
  }

  @Test
  void aPingTakesTheTimeOfARoundTrip() throws Exception {
    MuxConnection client = world.connectTo(MuxRequest::body);
    Duration took = client.ping(Duration.ofSeconds(10));
    assertTrue(!took.isNegative() && took.compareTo(Duration.ofSeconds(10)) < 0);
  }
}
