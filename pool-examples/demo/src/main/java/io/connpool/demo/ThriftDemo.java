package io.connpool.demo;

import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.CallOptions;
import io.connpool.thrift.ThriftCallException;
import io.connpool.thrift.ThriftMuxServer;
import io.connpool.thrift.ThriftPool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.thrift.TException;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFramedTransport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The same generated client, {@code Ping} and {@code Echo}, through both modes: over a connection
 * for each call at a time, to any Thrift server, and over one multiplexed socket.
 */
@Command(
    name = "thrift",
    description = "Calls a Thrift service over pooled connections and over one multiplexed socket.",
    sortOptions = false,
    mixinStandardHelpOptions = true)
final class ThriftDemo implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMillis(200);

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "How long each mode is loaded (default: ${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--threads",
      defaultValue = "256",
      description = "How many call (default: ${DEFAULT-VALUE}).")
  int threads;

  private final LongAdder wrong = new LongAdder();

  /** What the servers do. */
  private static final class Handler implements ConnPoolExample.Iface {
    @Override
    public String Ping(String meta) {
      return meta;
    }

    @Override
    public String Echo(String req) throws TException {
      if (req.startsWith("slow")) {
        try {
          TimeUnit.MILLISECONDS.sleep(3 * PATIENCE.toMillis());
        } catch (InterruptedException ended) {
          throw new TException("the server is being stopped", ended);
        }
      }
      return req;
    }
  }

  @Override
  public Integer call() throws TException, IOException, InterruptedException {
    // Thrift's server logs through slf4j, which would say that it has no provider.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.out.printf("ConnPoolExample { Ping, Echo }, %d threads, %d s%n", threads, seconds);
    exclusive();
    mux();
    System.out.println("wrong answers: " + wrong.sum());
    return wrong.sum() == 0 ? 0 : 1;
  }

  /** Any Thrift server, here one of Apache's. */
  private void exclusive() throws TTransportException, InterruptedException {
    TServerSocket socket =
        new TServerSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    TThreadPoolServer server =
        new TThreadPoolServer(
            new TThreadPoolServer.Args(socket)
                .stopTimeoutVal(0)
                .transportFactory(new TFramedTransport.Factory())
                .processor(new ConnPoolExample.Processor<>(new Handler())));
    Thread acceptor = new Thread(server::serve, "demo-thrift-server");
    acceptor.setDaemon(true);
    acceptor.start();
    try (ThriftPool<ConnPoolExample.Iface> pool =
        ThriftPool.builder(ConnPoolExample.Iface.class)
            .endpoint("127.0.0.1", socket.getServerSocket().getLocalPort())
            .maxActive(threads)
            .build()) {
      load("exclusive", pool);
    } finally {
      server.stop();
    }
  }

  /** Our server, with the same processor. */
  private void mux() throws IOException, TTransportException, InterruptedException {
    try (ThriftMuxServer server =
            ThriftMuxServer.of(new ConnPoolExample.Processor<>(new Handler()))
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ThriftPool<ConnPoolExample.Iface> pool =
            ThriftPool.builder(ConnPoolExample.Iface.class)
                .over("mux://127.0.0.1:" + server.port())
                .build()) {
      load("mux", pool);
    }
  }

  private void load(String mode, ThriftPool<ConnPoolExample.Iface> pool)
      throws InterruptedException {
    ConnPoolExample.Iface client = pool.client();
    LongAdder answers = new LongAdder();
    LongAdder failures = new LongAdder();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      String own = mode + "-" + i + "-";
      Thread caller =
          new Thread(
              () -> {
                for (int call = 0; end - System.nanoTime() > 0; call++) {
                  try {
                    check(own + call, client.Ping(own + call));
                    check(own + call, client.Echo(own + call));
                    answers.add(2);
                  } catch (TException failure) {
                    failures.increment();
                  }
                }
              },
              "demo-" + own + "caller");
      callers.add(caller);
      caller.start();
    }
    for (Thread caller : callers) {
      caller.join();
    }
    System.out.printf(
        "%-10s %9s calls, %7s per second, over %d connections; failures: %d%n",
        mode,
        Text.count(answers.sum()),
        Text.perSecond(answers.sum(), Duration.ofSeconds(seconds)),
        pool.stats().total(),
        failures.sum());
    slowAndFast(pool);
  }

  /** What every pool gets wrong that keeps a connection after a call has timed out. */
  private void slowAndFast(ThriftPool<ConnPoolExample.Iface> pool) {
    long closed = pool.stats().closed();
    String slow;
    String fast;
    try {
      slow = pool.client(CallOptions.timeout(PATIENCE)).Echo("slow A");
    } catch (TException failure) {
      boolean known = failure instanceof ThriftCallException call && call.maybeProcessed();
      slow = known ? "timed out and says that it may have run" : failure.toString();
    }
    try {
      fast = pool.client().Echo("fast B");
      check("fast B", fast);
    } catch (TException failure) {
      fast = failure.toString();
    }
    System.out.printf(
        "           \"slow A\" %s; \"fast B\" got \"%s\"; connections closed: %d%n",
        slow, fast, pool.stats().closed() - closed);
  }

  private void check(String asked, String answer) {
    if (!asked.equals(answer)) {
      wrong.increment();
    }
  }
}
