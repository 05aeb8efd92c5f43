package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import io.connpool.mux.MuxOptions.WhenFull;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Callers who give up, handlers that fail or block, and where user code runs. */
abstract class MuxHandlerContract extends MuxCallContract {
  MuxHandlerContract(Carrier carrier) {
    super(carrier);
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
}
