package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * What holds a server process to whoever started it. It prints its port, obeys each line of its
 * standard input, and ends when that ends, so that it cannot outlive its parent.
 *
 * <p>Every server knows two orders: {@code hang} makes it answer nothing any more, and {@code
 * go-on} lets it answer, late answers first.
 */
final class Leash {

  /** What is done about one order. */
  @FunctionalInterface
  interface Order {
    /**
     * Does it.
     *
     * @param rest what stands behind the word
     */
    void obey(String rest) throws IOException;
  }

  private final Map<String, Order> orders = new HashMap<>();
  private final long workMillis;
  private volatile CountDownLatch hanging = new CountDownLatch(0);

  /**
   * For a server.
   *
   * @param workMillis how long an answer takes it
   */
  Leash(long workMillis) {
    this.workMillis = workMillis;
    on("hang", rest -> hanging = new CountDownLatch(1));
    on("go-on", rest -> hanging.countDown());
  }

  /** Adds an order that only this server knows. Not after {@link #listening}. */
  Leash on(String word, Order order) {
    orders.put(word, order);
    return this;
  }

  /** The server is ready: it obeys from now on. */
  void listening(int port) {
    Thread parentWatch = new Thread(this::obey, "parent-watch");
    parentWatch.setDaemon(true);
    parentWatch.start();
    outliveCtrlC(parentWatch);
    System.out.println(port);
    System.out.flush();
  }

  /** Takes the time of an answer, and does not return while the server hangs. */
  void work() throws InterruptedException {
    if (workMillis > 0) {
      Thread.sleep(workMillis);
    }
    hanging.await();
  }

  private void obey() {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ", 2);
        Order order = orders.get(words[0]);
        if (order == null) {
          throw new IOException("no such order: " + line);
        }
        order.obey(words.length == 1 ? "" : words[1]);
      }
      Runtime.getRuntime().halt(0);
    } catch (IOException | RuntimeException broken) {
      broken.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  /**
   * A Ctrl-C reaches every process of the terminal at once. The parent still expects answers while
   * it stops its load, and ends this process when it needs it no more.
   */
  private static void outliveCtrlC(Thread parentWatch) {
    Runnable untilParentEnds =
        () -> {
          try {
            parentWatch.join();
          } catch (InterruptedException endNow) {
            Thread.currentThread().interrupt();
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(untilParentEnds, "outlive-ctrl-c"));
  }
}
