package io.connpool.programs;

import io.connpool.ConnPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Ten thousand virtual threads share ten connections; each waits as if it were alone. */
public final class VirtualThreads {
  private static final int FIRST_JAVA = 21;
  private static final int CALLERS = 10_000;

  private VirtualThreads() {}

  /** Says how many got the right answer; on an older Java that there are none. */
  public static void main(String[] arguments) throws Exception {
    if (Runtime.version().feature() < FIRST_JAVA) {
      System.out.println("skipped: virtual threads need Java 21, this is " + Runtime.version());
      return;
    }
    ExecutorService threads = virtualThreads();
    try (LineServer server = new LineServer();
        ConnPool<LineClient> pool =
            ConnPool.builder(ctx -> new LineClient(server.port()))
                .maxActive(10)
                .acquireTimeout(Duration.ofMinutes(1)) // the last of so many waits for a while
                .build()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        String question = "question " + i;
        answers.add(threads.submit(() -> pool.call(client -> client.ask(question))));
      }
      int right = 0;
      for (int i = 0; i < CALLERS; i++) {
        right += answers.get(i).get().equals("question " + i) ? 1 : 0;
      }
      System.out.println("right answers: " + right);
      System.out.println("connections: " + pool.stats().total());
    } finally {
      threads.shutdown();
    }
  }

  /** By reflection, as these programs are compiled for Java 17. */
  private static ExecutorService virtualThreads() throws ReflectiveOperationException {
    return (ExecutorService)
        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
  }
}
