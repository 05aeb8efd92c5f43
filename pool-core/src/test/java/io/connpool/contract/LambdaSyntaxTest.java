package io.connpool.contract;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.WhenExhausted;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The snippet of the design compiles as it stands there, without a type witness, and runs. */
@Timeout(30)
final class LambdaSyntaxTest {
  private ServerSocket server;

  /** Echoes every byte of every connection. */
  @BeforeEach
  void serve() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(
        () -> {
          while (true) {
            Socket peer = server.accept();
            daemon(() -> peer.getInputStream().transferTo(peer.getOutputStream()));
          }
        });
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  /** Something that ends with an IOException when its socket is closed. */
  @FunctionalInterface
  private interface Service {
    void serve() throws IOException;
  }

  private static void daemon(Service service) {
    Thread thread =
        new Thread(
            () -> {
              try {
                service.serve();
              } catch (IOException closed) {
                // the test is over, or the pool closed the connection
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private static void ping(Socket socket, Duration limit) throws IOException {
    socket.setSoTimeout((int) limit.toMillis());
    if (!ask(socket).equals("question")) {
      throw new IOException("no echo");
    }
  }

  private static String ask(Socket socket) throws IOException {
    socket.getOutputStream().write("question".getBytes(US_ASCII));
    return new String(socket.getInputStream().readNBytes("question".length()), US_ASCII);
  }

  @Test
  void theSnippetOfTheDesignCompilesAndRuns() throws Exception {
    int port = server.getLocalPort();

    ConnPool<Socket> pool =
        ConnPool.builder(ctx -> new Socket("127.0.0.1", port))
            .heartbeat((s, limit) -> ping(s, limit))
            .close(Socket::close)
            .name("orders")
            .maxActive(64)
            .maxIdle(16)
            .minIdle(2)
            .whenExhausted(WhenExhausted.WAIT)
            .build();

    String answer = pool.call(s -> ask(s));
    assertEquals("question", answer);

    Lease<Socket> ended;
    try (Lease<Socket> lease = pool.acquire()) {
      ended = lease;
      assertEquals("question", ask(lease.get()));
    }
    assertThrows(IllegalStateException.class, ended::get);

    try (Lease<Socket> lease = pool.acquire(ofSeconds(1))) {
      lease.invalidate(new IOException("broke"));
    }
    pool.tryAcquire().ifPresent(Lease::close);
    pool.acquireAsync(ofSeconds(1)).get().close();
    CompletableFuture<String> later =
        pool.callAsync(s -> CompletableFuture.supplyAsync(() -> "ok"));
    assertEquals("ok", later.get());

    assertTrue(pool.stats().dialed() >= 1, () -> pool.stats().toString());
    assertTrue(pool.close(ofSeconds(5)));
  }

  /** The shortest way: a dial function, and {@code AutoCloseable.close}. */
  @Test
  void aDialFunctionIsEnough() throws Exception {
    int port = server.getLocalPort();
    try (ConnPool<Socket> pool = ConnPool.builder(ctx -> new Socket("127.0.0.1", port)).build()) {
      assertEquals("question", pool.call(socket -> ask(socket)));
    }
  }

  @Test
  void methodReferencesAndVoidBodiesNeedNoWitnessEither() throws Exception {
    int port = server.getLocalPort();
    Socket seen;
    try (ConnPool<Socket> pool =
        ConnPool.builder(ctx -> new Socket("127.0.0.1", port))
            .heartbeat(LambdaSyntaxTest::ping)
            .build()) {
      pool.run(s -> s.setTcpNoDelay(true));
      pool.run(ofSeconds(1), s -> s.setTcpNoDelay(true));
      seen = pool.call(s -> s); // throws nothing but InterruptedException
      assertEquals("question", pool.call(ofSeconds(1), LambdaSyntaxTest::ask));
    }
    assertTrue(seen.isClosed());
  }
}
