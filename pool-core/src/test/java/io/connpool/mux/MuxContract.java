package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import io.connpool.mux.MuxOptions.WhenFull;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What {@link MuxConnection}, {@link MuxServer} and {@link MuxHandler} promise, over any carrier:
 * here limits, the end and trouble, and all that it inherits.
 */
abstract class MuxContract extends MuxHandlerContract {
  MuxContract(Carrier carrier) {
    super(carrier);
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
