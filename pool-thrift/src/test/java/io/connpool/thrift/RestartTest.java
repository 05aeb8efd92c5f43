package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.echo;
import static io.connpool.thrift.ThriftWorld.echoOverMux;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Endpoint;
import io.connpool.thrift.gen.Echo;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server process that is killed and started again under load. */
class RestartTest {
  private static final int CALLERS = 64;
  private static final int RESTARTS = 5;

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  /** Callers that never stop, and what became of their calls. */
  private static final class Load {
    private final Echo.Iface client;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;
    final AtomicLong answers = new AtomicLong();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    Load(String name, Echo.Iface client) {
      this.client = client;
      for (int caller = 0; caller < CALLERS; caller++) {
        String own = name + "-" + caller + "-";
        Thread thread = new Thread(() -> callUntilOver(own), own + "caller");
        threads.add(thread);
        thread.start();
      }
    }

    private void callUntilOver(String own) {
      for (int call = 0; !over; call++) {
        try {
          assertEquals("answer to " + own + call, client.echo(own + call));
          answers.incrementAndGet();
        } catch (Exception | AssertionError failure) {
          failures.add(failure);
        }
      }
    }

    void end() throws InterruptedException {
      over = true;
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(30));
        assertTrue(!thread.isAlive(), () -> thread + " never ended");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"exclusive", "mux"})
  void onlyCallsThatMayHaveRunFailAndIdempotentOnesNever(String mode) throws Exception {
    int port = freePort();
    Process server = startAt(port, mode);
    try {
      Echo.Iface idempotent = pool(port, mode).client(CallOptions.DEFAULT.idempotent());
      Load repeated = new Load("repeated", idempotent);
      Load once = new Load("once", pool(port, mode).client());

      for (int restart = 0; restart < RESTARTS; restart++) {
        // under load again: every caller has had answers since the last one
        long wanted = repeated.answers.get() + 4 * CALLERS;
        long wantedOnce = once.answers.get() + 4 * CALLERS;
        ThriftWorld.eventually(
            () -> "it answers again, but " + repeated.failures + once.failures,
            () -> repeated.answers.get() >= wanted && once.answers.get() >= wantedOnce);
        server.destroyForcibly().waitFor();
        server = startAt(port, mode);
      }

      repeated.end();
      once.end();
      assertEquals(List.of(), List.copyOf(repeated.failures), "an idempotent call failed");
      assertTrue(!once.failures.isEmpty(), "no call was under way at any of the kills");
      for (Throwable failure : once.failures) {
        ThriftCallException call = assertInstanceOf(ThriftCallException.class, failure);
        assertTrue(call.maybeProcessed(), () -> "it did not run, so it could be repeated: " + call);
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private ThriftPool<Echo.Iface> pool(int port, String mode) {
    ThriftPoolBuilder<Echo.Iface> builder =
        mode.equals("mux")
            ? echoOverMux(port)
            : echo(Endpoint.of("127.0.0.1", port)).maxActive(CALLERS);
    return world.pool(
        builder
            .callTimeout(Duration.ofSeconds(20))
            .pool(core -> core.acquireTimeout(Duration.ofSeconds(20))));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process startAt(int port, String mode) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process process =
        new ProcessBuilder(
                java.toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dslf4j.internal.verbosity=ERROR",
                EchoServer.class.getName(),
                String.valueOf(port),
                mode)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader output = process.inputReader();
    String line = output.readLine();
    assertTrue(line != null, "the server did not start");
    return process;
  }
}
