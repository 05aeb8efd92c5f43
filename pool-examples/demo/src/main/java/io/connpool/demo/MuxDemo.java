package io.connpool.demo;

import io.connpool.ConnPool;
import io.connpool.PoolException;
import io.connpool.mux.MuxConnection;
import io.connpool.mux.MuxException;
import io.connpool.mux.MuxServer;
import io.connpool.mux.MuxTransport;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Thousands of calls at once over one socket to a server that is killed and comes back. */
@Command(
    name = "mux",
    description = {
      "Keeps thousands of calls in flight over one multiplexed socket, kills its server, brings it"
          + " back, and checks every answer.",
      ""
    },
    sortOptions = false,
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every answer was right",
      "1:an answer was wrong, or none came after the server was back",
      "3:the server process did not start"
    },
    exitCodeOnExecutionException = 3)
final class MuxDemo implements Callable<Integer> {
  @Option(
      names = "--seconds",
      defaultValue = "9",
      description = "How long it lasts (default: ${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--calls",
      defaultValue = "3000",
      description = "How many calls are in flight (default: ${DEFAULT-VALUE}).")
  int calls;

  private final AtomicLong ids = new AtomicLong();
  private final LongAdder answers = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  private final LongAdder maybeRun = new LongAdder();
  private final LongAdder noConnection = new LongAdder();
  private volatile boolean over;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ServerProcess server =
            new ServerProcess("M", List.of(0L), MuxEchoServer.class, MuxServer.class);
        ConnPool<MuxConnection> pool =
            ConnPool.builder(MuxTransport.to(Endpoint.of("127.0.0.1", server.port())))
                .name("mux")
                .maxActive(2)
                .build()) {
      System.out.printf("%s on port %d, %d calls in flight%n", server, server.port(), calls);
      Thread caller = new Thread(() -> keepCalling(pool), "demo-mux-caller");
      caller.start();
      watch(pool, seconds / 3);
      System.out.println("killing " + server);
      server.kill();
      watch(pool, Math.max(1, seconds / 6));
      server.start();
      System.out.println(server + " is back");
      long before = answers.sum();
      watch(pool, Math.max(1, seconds / 3));
      over = true;
      caller.join();
      boolean recovered = answers.sum() > before;
      System.out.printf(
          "%,d answers, wrong answers: %d; may have been run: %d, no connection: %d; %s%n",
          answers.sum(),
          wrong.sum(),
          maybeRun.sum(),
          noConnection.sum(),
          recovered ? "recovered" : "NOT recovered");
      return wrong.sum() == 0 && recovered ? 0 : 1;
    }
  }

  /** One thread is enough to keep thousands of calls in flight. */
  private void keepCalling(ConnPool<MuxConnection> pool) {
    Semaphore places = new Semaphore(calls);
    try {
      while (!over) {
        places.acquire();
        CompletableFuture<?> unused =
            ask(pool).whenComplete((nothing, failure) -> places.release());
      }
      if (!places.tryAcquire(calls, 10, TimeUnit.SECONDS)) {
        System.out.printf("%d calls are still out%n", calls - places.availablePermits());
      }
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    }
  }

  private CompletableFuture<?> ask(ConnPool<MuxConnection> pool) {
    long id = ids.incrementAndGet();
    byte[] question = ByteBuffer.allocate(Long.BYTES).putLong(id).array();
    return pool.callAsync(connection -> connection.callAsync(question))
        .whenComplete(
            (answer, failure) -> {
              if (failure == null) {
                (ByteBuffer.wrap(answer).getLong() == id ? answers : wrong).increment();
              } else if (failure instanceof MuxException) {
                maybeRun.increment(); // what was not sent goes to the next connection, unnoticed
              } else if (failure instanceof PoolException) {
                noConnection.increment();
              } else {
                wrong.increment();
              }
            });
  }

  private void watch(ConnPool<MuxConnection> pool, int howLong) throws InterruptedException {
    for (int second = 0; second < howLong; second++) {
      long before = answers.sum();
      TimeUnit.SECONDS.sleep(1);
      System.out.printf(
          "  %8s answers/s over %d connection(s), %d calls have one%n",
          Text.perSecond(answers.sum() - before, Duration.ofSeconds(1)),
          pool.stats().total(),
          pool.stats().leases());
    }
  }
}
