package io.connpool.programs;

import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.ThriftMuxServer;
import io.connpool.thrift.ThriftPool;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The same clients and the same processor over one socket, with many calls at once. */
public final class ThriftOverMux {
  private static final int CALLERS = 32;
  private static final int CALLS = 1000;

  private ThriftOverMux() {}

  /** Makes many calls at once and says how many connections that took. */
  public static void main(String[] arguments) throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try (ThriftMuxServer server =
            ThriftMuxServer.of(new ConnPoolExample.Processor<>(new EchoService()))
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ThriftPool<ConnPoolExample.Iface> pool =
            ThriftPool.builder(ConnPoolExample.Iface.class)
                .over("mux://127.0.0.1:" + server.port())
                .build()) {
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        String question = "question " + i;
        answers.add(pool.callAsync(client -> client.Echo(question), callers));
      }
      int right = 0;
      for (int i = 0; i < CALLS; i++) {
        right += answers.get(i).get().equals("question " + i) ? 1 : 0;
      }
      System.out.println("right answers: " + right);
      System.out.println("connections dialed: " + pool.stats().dialed());
    } finally {
      callers.shutdown();
    }
  }
}
