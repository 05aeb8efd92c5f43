package io.connpool.redis;

import io.connpool.net.Endpoint;
import io.connpool.testkit.PortHolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** A real redis-server in a process of its own, without files, on loopback. */
final class RedisServer implements AutoCloseable {
  static final String NOT_INSTALLED = "redis-server is not installed";

  /** Somebody may take the port between the moment it is found free and the server's bind. */
  private static final int TRIES = 5;

  private final String[] settings;
  private final int port;
  private Process process;

  private RedisServer(int port, String... settings) throws IOException {
    this.port = port;
    this.settings = settings;
    process = launch();
  }

  /** For {@code @EnabledIf}. Whether it is there, and all that it needs with it. */
  static boolean isInstalled() throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder("redis-server", "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException notThere) {
      return false;
    }
  }

  /**
   * Starts one.
   *
   * @param settings as on its command line, such as {@code --requirepass secret}
   */
  static RedisServer start(String... settings) throws IOException {
    for (int attempt = 1; ; attempt++) {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      try {
        return new RedisServer(port, settings);
      } catch (IOException failure) {
        if (attempt == TRIES) {
          throw failure;
        }
      }
    }
  }

  private Process launch() throws IOException {
    List<String> command =
        new ArrayList<>(List.of("redis-server", "--bind", "127.0.0.1", "--port", "" + port));
    command.addAll(List.of("--save", "", "--appendonly", "no", "--databases", "4"));
    command.addAll(List.of(settings));
    Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader log = started.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      said.append(line).append('\n');
      if (line.contains("Ready to accept connections")) {
        Thread drain = new Thread(() -> drain(log), "redis-log-" + port);
        drain.setDaemon(true);
        drain.start();
        return started;
      }
    }
    throw new IOException("redis-server did not start:\n" + said);
  }

  /** Or it would stop when the pipe is full. */
  private static void drain(BufferedReader log) {
    try (log) {
      while (log.readLine() != null) {
        // only what it says before it is ready is of interest
      }
    } catch (IOException killed) {
      throw new UncheckedIOException(killed);
    }
  }

  Endpoint endpoint() {
    return Endpoint.of("127.0.0.1", port);
  }

  String uri(String userInfo, String options) {
    return "redis://" + userInfo + endpoint() + options;
  }

  /** Kills it, and starts another one on its port, of which nobody else can take hold. */
  void replace(WhileDown whileDown) throws Exception {
    kill();
    try (PortHolder holder = PortHolder.hold(port)) {
      whileDown.act();
    }
    process = launch();
  }

  /** What happens while there is no server. */
  @FunctionalInterface
  interface WhileDown {
    void act() throws Exception;
  }

  private void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
  }
}
