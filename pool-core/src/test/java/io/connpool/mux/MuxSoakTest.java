package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.PoolException;
import io.connpool.net.Endpoint;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * All kinds of calls through a pool while connections are cut, the peer falls silent and callers
 * give up: afterwards nothing has grown. Three seconds in the default build, where it only shows
 * that the soak itself works; {@code mvn -Psoak -pl pool-core test} soaks for ten minutes.
 */
class MuxSoakTest {
  private static final Duration SOAK = Duration.parse(System.getProperty("mux.soak", "PT3S"));
  private static final int CALLERS = 16;

  /** What the heap may differ by between its two ends; a leak of one object a call is more. */
  private static final long HEAP_NOISE = 16 << 20;

  private final AtomicLong right = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile boolean over;

  @Test
  @Timeout(1200)
  void nothingGrows() throws Exception {
    MuxServer server =
        MuxServer.listen(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            request -> {
              if (request.body()[0] % 16 == 0) {
                TimeUnit.MILLISECONDS.sleep(3);
              }
              return request.body();
            });
    MuxPeer relay = MuxPeer.tcp(server);
    MuxOptions options =
        MuxOptions.builder()
            .pingAfter(Duration.ofMillis(100))
            .pingTimeout(Duration.ofMillis(100))
            .handshakeTimeout(Duration.ofMillis(500))
            .build();
    MuxTransport transport =
        MuxTransport.to(Endpoint.of("127.0.0.1", relay.port())).options(options).growAt(4);
    ConnPool<MuxConnection> pool =
        ConnPool.builder(transport)
            .maxActive(4)
            .maxLifetime(Duration.ofSeconds(1))
            .idleTimeout(Duration.ofSeconds(1))
            .build();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      int seed = i;
      Thread caller = new Thread(() -> use(pool, new Random(seed)), "soak");
      caller.start();
      callers.add(caller);
    }
    Random trouble = new Random(42);
    long begin = System.nanoTime();
    long warm = 0;
    int warmThreads = 0;
    while (System.nanoTime() - begin < SOAK.toNanos()) {
      TimeUnit.MILLISECONDS.sleep(20 + trouble.nextInt(200));
      switch (trouble.nextInt(4)) {
        case 0 -> relay.cutAll();
        case 1 -> {
          relay.silence();
          TimeUnit.MILLISECONDS.sleep(trouble.nextInt(300));
          relay.cutAll(); // what was swallowed cannot be made good
          relay.serve();
        }
        default -> callers.get(trouble.nextInt(CALLERS)).interrupt();
      }
      if (warm == 0 && System.nanoTime() - begin > SOAK.toNanos() / 4) {
        warm = heapInUse();
        warmThreads = threads().size();
      }
    }
    over = true;
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(0, wrong.get());
    assertTrue(right.get() > failed.get(), () -> right + " answers, " + failed + " failures");
    eventually(() -> "no lease is out: " + pool.stats(), () -> pool.stats().leases() == 0);
    eventually(() -> "handling " + server.handling(), () -> server.handling() == 0);
    eventually(() -> "slots and bytes are free", () -> isAtRest(pool));
    long before = warm;
    long after = heapInUse();
    System.out.printf(
        "soak of %s: %d answers, %d failures, %d connections, heap %d KiB, then %d KiB,"
            + " threads %d, then %d%n",
        SOAK,
        right.get(),
        failed.get(),
        pool.stats().dialed(),
        before >> 10,
        after >> 10,
        warmThreads,
        threads().size());
    assertTrue(after - before < HEAP_NOISE, () -> "the heap grew by " + (after - before));
    assertTrue(pool.close(Duration.ofSeconds(20)), "ends in time");
    relay.close();
    // Idle workers end after 5 s, which the default build does not wait for.
    String kind = SOAK.toMinutes() > 0 ? "" : "-io";
    eventually(
        () -> "left: " + threads(),
        () -> threads().stream().noneMatch(name -> name.endsWith(kind)));
  }

  private static boolean isAtRest(ConnPool<MuxConnection> pool) {
    try {
      MuxStats stats = pool.call(MuxConnection::stats);
      return stats.inFlight() == 0 && stats.waiting() == 0 && stats.pendingBytes() == 0;
    } catch (InterruptedException unexpected) {
      throw new AssertionError(unexpected);
    }
  }

  private void use(ConnPool<MuxConnection> pool, Random random) {
    while (!over) {
      byte[] question = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 200_000 : 200)];
      random.nextBytes(question);
      try {
        byte[] answer = ask(pool, question, random);
        (answer.length == 0 || Arrays.equals(question, answer) ? right : wrong).incrementAndGet();
      } catch (MuxException | PoolException | InterruptedException | ExecutionException trouble) {
        failed.incrementAndGet();
      }
    }
  }

  private static byte[] ask(ConnPool<MuxConnection> pool, byte[] question, Random random)
      throws MuxException, InterruptedException, ExecutionException {
    switch (random.nextInt(8)) {
      case 0 -> {
        CompletableFuture<byte[]> future =
            pool.callAsync(connection -> connection.callAsync(question.clone()));
        future.cancel(true);
        return new byte[0];
      }
      case 1 -> {
        pool.run(connection -> connection.send(question));
        return new byte[0];
      }
      case 2 -> {
        return pool.call(connection -> connection.call(question, Duration.ofMillis(5)));
      }
      case 3 -> {
        return pool.callAsync(connection -> connection.callAsync(question)).get();
      }
      default -> {
        return pool.call(connection -> connection.call(question));
      }
    }
  }

  /** Those of connections, pools and servers. */
  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("connpool-"))
        .sorted()
        .toList();
  }

  /** What is still reachable after a collection. */
  private static long heapInUse() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .filter(usage -> usage != null)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }
}
