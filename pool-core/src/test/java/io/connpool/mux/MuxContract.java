package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.ThrowingSupplier;

/**
 * What {@link MuxConnection}, {@link MuxServer} and {@link MuxHandler} promise, over any carrier.
 * Names with M-.. are the cases of the study of the ancestor.
 */
@Timeout(60)
abstract class MuxContract {
  private static final Duration SHORT = Duration.ofMillis(50);

  @RegisterExtension final MuxWorld world;

  MuxContract(Carrier carrier) {
    world = new MuxWorld(carrier);
  }

  /** Holds every request until the test lets it go. */
  private static final class Held implements MuxHandler {
    final CountDownLatch letGo = new CountDownLatch(1);
    final AtomicInteger begun = new AtomicInteger();
    final Queue<MuxRequest> requests = new ConcurrentLinkedQueue<>();

    @Override
    public byte[] onRequest(MuxRequest request) throws Exception {
      requests.add(request);
      begun.incrementAndGet();
      letGo.await();
      return request.body();
    }

    void awaitBegun(int count) {
      eventually(() -> begun + " of " + count + " begun", () -> begun.get() == count);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static MuxException failureOf(ThrowingSupplier<?> body) {
    return assertThrows(MuxException.class, body::get);
  }

  private static MuxException failureOf(CompletableFuture<?> future) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS));
    return assertInstanceOf(MuxException.class, failure.getCause());
  }

  private static void assertFailed(Reason reason, Delivery delivery, MuxException failure) {
    assertEquals(reason, failure.reason(), failure::toString);
    assertEquals(delivery, failure.delivery(), failure::toString);
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

  // --- giving up ---

  /** M-17. */
  @Test
  void anInterruptEndsOneCallAndLeavesTheOthersAlone() throws Exception {
    Held held = new Held();
    MuxConnection client = world.connectTo(held);
    List<Thread> threads = new ArrayList<>();
    List<Object> results = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 10; i++) {
      byte[] body = {(byte) i};
      Thread thread =
          new Thread(
              () -> {
                try {
                  results.add(client.call(body, Duration.ofSeconds(20))[0]);
                } catch (Exception failure) {
                  results.add(failure);
                }
              });
      thread.start();
      threads.add(thread);
    }
    held.awaitBegun(10);

    threads.get(3).interrupt();
    threads.get(3).join(20_000);

    assertEquals(1, results.size());
    assertInstanceOf(InterruptedException.class, results.get(0));
    eventually(
        () -> "told the handler", () -> held.requests.stream().anyMatch(MuxRequest::isCancelled));
    held.letGo.countDown();
    for (Thread thread : threads) {
      thread.join(20_000);
    }
    assertEquals(10, results.size());
    assertEquals(9, results.stream().filter(Byte.class::isInstance).count());
    assertArrayEquals(bytes("z"), client.call(bytes("z")));
  }

  @Test
  void anInterruptedThreadDoesNotBeginACall() throws Exception {
    MuxConnection client = world.connectTo(MuxRequest::body);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> client.call(bytes("x")));
    assertFalse(Thread.currentThread().isInterrupted());
    assertEquals(0, client.stats().answered());
  }

  @Test
  void aCancelledFutureGivesItsPlaceBackAtOnceAndItsAnswerIsNotSent() throws Exception {
    Held held = new Held();
    MuxServer server = world.server(held);
    MuxConnection client =
        world.connect(server, o -> o.maxInFlight(1).whenFull(WhenFull.FAIL), null);
    CompletableFuture<byte[]> unwanted = client.callAsync(bytes("x"));
    held.awaitBegun(1);

    assertTrue(unwanted.cancel(false));

    assertEquals(0, client.stats().inFlight());
    MuxRequest request = held.requests.peek();
    eventually(() -> "cancelled", request::isCancelled);
    CompletableFuture<byte[]> next = client.callAsync(bytes("y"));
    held.letGo.countDown();
    assertArrayEquals(bytes("y"), next.get(20, TimeUnit.SECONDS));
    eventually(() -> "over", () -> server.handling() == 0);
    client.ping(Duration.ofSeconds(10));
    assertEquals(0, client.stats().orphans());
  }

  // --- failures of handlers ---

  /** M-09, seed defect 6. */
  @Test
  void aFailureOfTheHandlerIsAnAnswer() throws Exception {
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    MuxConnection client =
        world.connectTo(
            new MuxHandler() {
              @Override
              public byte[] onRequest(MuxRequest request) throws Exception {
                switch (new String(request.body(), UTF_8)) {
                  case "throw":
                    throw new java.io.IOException("no such file");
                  case "error":
                    throw new StackOverflowError("deep");
                  case "null":
                    return null;
                  default:
                    return request.body();
                }
              }

              @Override
              public void onError(MuxConnection connection, Throwable failure) {
                errors.add(failure);
                throw new IllegalStateException("onError itself fails");
              }
            });
    for (String kind : List.of("throw", "error", "null")) {
      MuxException failure = failureOf(() -> client.call(bytes(kind)));
      assertFailed(Reason.HANDLER_FAILED, Delivery.ANSWERED, failure);
    }
    assertTrue(failureOf(() -> client.call(bytes("throw"))).getMessage().contains("no such file"));
    assertEquals(4, errors.size());
    assertArrayEquals(bytes("fine"), client.call(bytes("fine")));
  }

  @Test
  void anAnswerMayComeLaterOrFailLater() throws Exception {
    CompletableFuture<byte[]> later = new CompletableFuture<>();
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    MuxConnection client =
        world.connectTo(MuxHandler.async(r -> r.body().length == 1 ? later : never));
    CompletableFuture<byte[]> first = client.callAsync(bytes("1"));
    CompletableFuture<byte[]> second = client.callAsync(bytes("22"));
    eventually(() -> "both", () -> later.getNumberOfDependents() > 0);
    eventually(() -> "both", () -> never.getNumberOfDependents() > 0);

    never.completeExceptionally(new IllegalStateException("no luck"));
    later.complete(bytes("at last"));

    assertArrayEquals(bytes("at last"), first.get(20, TimeUnit.SECONDS));
    MuxException failure = failureOf(second);
    assertFailed(Reason.HANDLER_FAILED, Delivery.ANSWERED, failure);
    assertTrue(failure.getMessage().contains("no luck"));
  }

  /** M-10. */
  @Test
  void anEndWithoutHandlerRefuses() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    world.connect(server);
    eventually(() -> "accepted", () -> server.connections().size() == 1);
    MuxConnection back = server.connections().get(0);

    MuxException failure = failureOf(() -> back.call(bytes("anybody?")));

    assertFailed(Reason.REFUSED_BY_PEER, Delivery.REFUSED, failure);
    assertTrue(failure.getMessage().contains("answers no requests"));
  }

  @Test
  void aHandlerThatBlocksHoldsUpNobodyElse() throws Exception {
    Held held = new Held();
    MuxConnection client =
        world.connectTo(r -> r.body().length == 0 ? held.onRequest(r) : r.body());
    List<CompletableFuture<byte[]>> stuck = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      stuck.add(client.callAsync(new byte[0]));
    }
    held.awaitBegun(100);

    assertArrayEquals(bytes("quick"), client.call(bytes("quick")));

    held.letGo.countDown();
    for (CompletableFuture<byte[]> each : stuck) {
      each.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aCallbackThatBlocksHoldsUpNobodyElse() throws Exception {
    Held held = new Held(); // until all are registered, or one would run on this thread
    MuxConnection client = world.connectTo(r -> r.body()[0] == 'x' ? held.onRequest(r) : r.body());
    CountDownLatch letGo = new CountDownLatch(1);
    CountDownLatch stuck = new CountDownLatch(20);
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(
          client
              .callAsync(bytes("x"))
              .thenAccept(
                  answer -> {
                    stuck.countDown();
                    try {
                      letGo.await();
                    } catch (InterruptedException impossible) {
                      throw new AssertionError(impossible);
                    }
                  }));
    }
    held.letGo.countDown();
    assertTrue(stuck.await(20, TimeUnit.SECONDS));

    assertArrayEquals(bytes("y"), client.call(bytes("y")));
    assertArrayEquals(bytes("z"), client.callAsync(bytes("z")).get(20, TimeUnit.SECONDS));

    letGo.countDown();
    CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).get(20, TimeUnit.SECONDS);
  }

  @Test
  void inlineHandlersRunOnTheIoThreadOfTheServer() throws Exception {
    MuxServer server =
        world.server(
            o -> o.inlineHandlers(true), request -> bytes(Thread.currentThread().getName()));
    assertEquals("connpool-tested-io", new String(world.connect(server).call(bytes("x")), UTF_8));
  }

  @Test
  void callbacksRunOnWorkersAndInlineOnesOnTheIoThread() throws Exception {
    for (boolean inline : new boolean[] {false, true}) {
      Held held = new Held();
      MuxServer server = world.server(held);
      MuxConnection client = world.connect(server, o -> o.inlineCallbacks(inline), null);
      CompletableFuture<String> thread =
          client.callAsync(bytes("x")).thenApply(answer -> Thread.currentThread().getName());
      held.letGo.countDown();
      String name = thread.get(20, TimeUnit.SECONDS);
      assertTrue(name.startsWith(inline ? "connpool-mux-io" : "connpool-mux-callback-"), name);
    }
  }

  // --- limits ---

  /** M-13. */
  @Test
  void aCallBeyondTheLimitFailsAtOnceIfToldSo() throws Exception {
    Held held = new Held();
    MuxServer server = world.server(held);
    MuxConnection client =
        world.connect(server, o -> o.maxInFlight(2).whenFull(WhenFull.FAIL), null);
    List<CompletableFuture<byte[]>> two =
        List.of(client.callAsync(bytes("1")), client.callAsync(bytes("2")));

    assertFailed(Reason.FULL, Delivery.NOT_SENT, failureOf(() -> client.call(bytes("3"))));
    assertFailed(Reason.FULL, Delivery.NOT_SENT, failureOf(client.callAsync(bytes("4"))));

    held.letGo.countDown();
    for (CompletableFuture<byte[]> each : two) {
      each.get(20, TimeUnit.SECONDS);
    }
  }

  /** M-13, seed defect 4. */
  @Test
  void aCallBeyondTheLimitWaitsWithinItsTimeout() throws Exception {
    Held held = new Held();
    MuxServer server = world.server(held);
    MuxConnection client = world.connect(server, o -> o.maxInFlight(2), null);
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      calls.add(client.callAsync(bytes("" + i)));
    }
    assertEquals(2, client.stats().inFlight());
    assertEquals(3, client.stats().waiting());

    assertFailed(
        Reason.TIMEOUT, Delivery.NOT_SENT, failureOf(() -> client.call(bytes("x"), SHORT)));
    assertEquals(3, client.stats().waiting());
    assertTrue(calls.get(4).cancel(false));
    assertEquals(2, client.stats().waiting());

    held.letGo.countDown();
    for (int i = 0; i < 4; i++) {
      assertArrayEquals(bytes("" + i), calls.get(i).get(20, TimeUnit.SECONDS));
    }
    assertEquals(4, held.begun.get());
  }

  @Test
  void aServerThatIsFullRefusesAndTheCallMayBeRepeated() throws Exception {
    Held held = new Held();
    MuxServer server = world.server(o -> o.maxHandling(2), held);
    MuxConnection first = world.connect(server);
    MuxConnection second = world.connect(server);
    List<CompletableFuture<byte[]>> two =
        List.of(first.callAsync(bytes("1")), first.callAsync(bytes("2")));
    held.awaitBegun(2);

    MuxException failure = failureOf(() -> second.call(bytes("3")));

    assertFailed(Reason.REFUSED_BY_PEER, Delivery.REFUSED, failure);
    assertEquals(1, second.stats().refused());
    held.letGo.countDown();
    for (CompletableFuture<byte[]> each : two) {
      each.get(20, TimeUnit.SECONDS);
    }
    eventually(() -> "empty", () -> server.handling() == 0);
    assertArrayEquals(bytes("3"), second.call(bytes("3")));
  }

  @Test
  void whatThePeerDoesNotAcceptIsNotSent() throws Exception {
    MuxServer server = world.server(o -> o.maxMessage(2000), MuxRequest::body);
    MuxConnection client = world.connect(server);
    MuxException failure = failureOf(() -> client.call(new byte[2001]));
    assertFailed(Reason.TOO_LARGE, Delivery.NOT_SENT, failure);
    assertEquals(2000, client.call(new byte[2000]).length);
  }

  @Test
  void anAnswerThatTheCallerDoesNotAcceptIsAFailure() throws Exception {
    MuxServer server = world.server(request -> new byte[5000]);
    MuxConnection client = world.connect(server, o -> o.maxMessage(2000), null);
    MuxException failure = failureOf(() -> client.call(bytes("x")));
    assertFailed(Reason.HANDLER_FAILED, Delivery.ANSWERED, failure);
    assertTrue(failure.getMessage().contains("5000"));
  }

  // --- the end ---

  /** M-04, seed defect 9. */
  @Test
  void closingFailsWhatIsPendingAndClosingAgainDoesNothing() throws Exception {
    Held held = new Held();
    MuxConnection client = world.connectTo(held);
    List<CompletableFuture<byte[]>> pending = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      pending.add(client.callAsync(bytes("x")));
    }
    held.awaitBegun(100);

    client.close();
    client.close();

    for (CompletableFuture<byte[]> each : pending) {
      assertFailed(Reason.CLOSED, Delivery.MAYBE_SENT, failureOf(each));
    }
    assertFalse(client.isOpen());
    assertFailed(Reason.CLOSED, Delivery.NOT_SENT, failureOf(() -> client.call(bytes("y"))));
    assertFailed(Reason.CLOSED, Delivery.NOT_SENT, failureOf(client.callAsync(bytes("y"))));
    held.letGo.countDown();
  }

  /** M-12. */
  @Test
  void bothEndsLearnOnceThatTheConnectionHasEnded() throws Exception {
    Queue<Object> atServer = new ConcurrentLinkedQueue<>();
    Queue<Object> atClient = new ConcurrentLinkedQueue<>();
    MuxServer server = world.server(closing(atServer));
    MuxConnection client = world.connect(server, o -> o, closing(atClient));
    eventually(() -> "accepted", () -> server.connections().size() == 1);

    server.connections().get(0).close();

    eventually(() -> "told: " + atServer, () -> atServer.size() == 1);
    eventually(() -> "told: " + atClient, () -> atClient.size() == 1);
    assertEquals("closed by itself", atServer.peek());
    assertInstanceOf(MuxException.class, atClient.peek());
    assertFalse(client.isOpen());
  }

  private static MuxHandler closing(Queue<Object> told) {
    return new MuxHandler() {
      @Override
      public byte[] onRequest(MuxRequest request) {
        return request.body();
      }

      @Override
      public void onClosed(MuxConnection connection, MuxException cause) {
        told.add(cause == null ? "closed by itself" : cause);
      }
    };
  }

  /** M-15. */
  @Test
  void drainingLetsWhatHasBegunComeToItsEnd() throws Exception {
    Held held = new Held();
    MuxServer server = world.server(held);
    MuxConnection client = world.connect(server);
    List<CompletableFuture<byte[]>> pending = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      pending.add(client.callAsync(bytes("" + i)));
    }
    held.awaitBegun(20);

    CompletableFuture<Void> drained = server.drain(Duration.ofSeconds(20));
    eventually(() -> "the client knows", () -> !client.isOpen());
    assertFailed(Reason.CLOSED, Delivery.NOT_SENT, failureOf(() -> client.call(bytes("y"))));
    assertFalse(drained.isDone());
    held.letGo.countDown();

    for (int i = 0; i < 20; i++) {
      assertArrayEquals(bytes("" + i), pending.get(i).get(20, TimeUnit.SECONDS));
    }
    assertNull(drained.get(20, TimeUnit.SECONDS));
  }

  @Test
  void aClientThatDrainsGetsItsAnswers() throws Exception {
    Held held = new Held();
    MuxConnection client = world.connectTo(held);
    CompletableFuture<byte[]> pending = client.callAsync(bytes("x"));
    held.awaitBegun(1);
    CompletableFuture<Void> drained = client.drain(Duration.ofSeconds(20));
    held.letGo.countDown();
    assertArrayEquals(bytes("x"), pending.get(20, TimeUnit.SECONDS));
    assertNull(drained.get(20, TimeUnit.SECONDS));
  }

  @Test
  void aDrainEndsWithItsGrace() throws Exception {
    Held held = new Held();
    MuxConnection client = world.connectTo(held);
    CompletableFuture<byte[]> pending = client.callAsync(bytes("x"));
    held.awaitBegun(1);

    client.drain(Duration.ofMillis(100)).get(20, TimeUnit.SECONDS);

    assertFailed(Reason.CLOSED, Delivery.MAYBE_SENT, failureOf(pending));
    held.letGo.countDown();
  }

  // --- trouble ---

  @Test
  void bothEndsFloodEachOtherWithoutADeadlock() throws Exception {
    byte[] answer = new byte[20_000];
    MuxServer server = world.server(request -> answer);
    MuxConnection client =
        world.connect(server, o -> o.timeout(Duration.ofSeconds(30)), request -> answer);
    eventually(() -> "accepted", () -> server.connections().size() == 1);
    MuxConnection back = server.connections().get(0);
    List<CompletableFuture<byte[]>> all = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      all.add(client.callAsync(new byte[20_000], Duration.ofSeconds(30)));
      all.add(back.callAsync(new byte[20_000], Duration.ofSeconds(30)));
    }
    for (CompletableFuture<byte[]> each : all) {
      assertEquals(20_000, each.get(30, TimeUnit.SECONDS).length);
    }
  }

  @Test
  void randomInterruptsCancelsAndTimeoutsNeverMixAnswersUp() throws Exception {
    Random delays = new Random(3);
    MuxServer server =
        world.server(
            request -> {
              if (request.body()[0] % 4 == 0) {
                TimeUnit.MILLISECONDS.sleep(2); // so that some calls time out
              }
              return request.body();
            });
    MuxConnection client = world.connect(server, o -> o.maxInFlight(40), null);
    AtomicInteger wrong = new AtomicInteger();
    AtomicInteger right = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      int seed = t;
      Thread thread =
          new Thread(
              () -> {
                Random random = new Random(seed);
                for (int i = 0; i < 500; i++) {
                  byte[] body = new byte[1 + random.nextInt(100)];
                  random.nextBytes(body);
                  try {
                    byte[] answer;
                    if (random.nextInt(3) == 0) {
                      CompletableFuture<byte[]> future = client.callAsync(body.clone());
                      if (random.nextBoolean()) {
                        future.cancel(true);
                        continue;
                      }
                      answer = future.get();
                    } else {
                      answer = client.call(body, Duration.ofMillis(1 + random.nextInt(20)));
                    }
                    (Arrays.equals(body, answer) ? right : wrong).incrementAndGet();
                  } catch (InterruptedException | MuxException | ExecutionException expected) {
                    if (!client.isOpen()) {
                      wrong.incrementAndGet();
                    }
                  }
                }
              });
      thread.start();
      threads.add(thread);
    }
    while (threads.stream().anyMatch(Thread::isAlive)) {
      threads.get(delays.nextInt(8)).interrupt();
      TimeUnit.MILLISECONDS.sleep(1);
    }
    assertEquals(0, wrong.get());
    assertTrue(right.get() > 0);
    assertArrayEquals(bytes("alive"), client.call(bytes("alive")));
  }
}
