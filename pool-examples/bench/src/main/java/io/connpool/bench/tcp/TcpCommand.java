package io.connpool.bench.tcp;

import io.connpool.bench.harness.ClosedLoop;
import io.connpool.bench.harness.ClosedLoop.Outcome;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import io.connpool.bench.harness.Output;
import io.connpool.bench.harness.Timing;
import io.connpool.bench.tcp.peer.EchoServer;
import io.connpool.bench.tcp.peer.Peer;
import io.connpool.bench.tcp.peer.Peers;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures one way to exchange messages with a server, which is in this JVM, too. */
@Command(
    name = "tcp",
    description = "Measures exchanges with an echo server in the same JVM.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
public final class TcpCommand implements Callable<Integer> {
  static final String CLOSE_IDLE = "--close-idle-ms";

  /** Longer than the limit of an exchange. */
  private static final Duration GRACE = Duration.ofSeconds(12);

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--peer", description = "Which way.")
  String peer = Peers.CONNPOOL.label();

  @Option(
      names = "--threads",
      description = "How many callers; a pool may have as many connections.")
  int threads = 1;

  @Option(names = "--payload", description = "Bytes of each request, and of its answer.")
  int payload = 64;

  @Option(
      names = CLOSE_IDLE,
      description = "The server closes connections that were silent for so long; 0 for never.")
  int closeIdleMillis;

  @Option(
      names = "--burst",
      description = "Exchanges after which a caller pauses, for up to twice that long; 0 for none.")
  int burst;

  @Mixin Timing timing = new Timing();

  @Mixin Output output = new Output();

  @Override
  public Integer call() throws IOException, InterruptedException {
    TcpLoad load;
    Peers kind;
    try {
      load = new TcpLoad(threads, payload, closeIdleMillis, burst);
      kind = Peers.named(peer);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
    try (EchoServer server = new EchoServer(Duration.ofMillis(closeIdleMillis));
        Peer open = kind.open(server.address(), threads)) {
      ClosedLoop loop =
          new ClosedLoop(threads, number -> new Exchanges(open.caller(), load, number), GRACE);
      timing.measure(
          loop,
          TcpCommand::daemon,
          outcome -> output.print(result(outcome).with("settings", open.settings())));
    }
    return 0;
  }

  /** A stuck thread must not keep the program from ending. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "bench");
    thread.setDaemon(true);
    return thread;
  }

  private JsonLine result(Outcome outcome) {
    Histogram times = outcome.times();
    return new JsonLine()
        .with("bench", "tcp")
        .with("peer", peer)
        .with("threads", threads)
        .with("kind", "platform")
        .with("payload", payload)
        .with("close_idle_ms", closeIdleMillis)
        .with("burst", burst)
        .with("seconds", timing.seconds())
        .with("ops_per_s", outcome.perSecond())
        .with("cpu_us", outcome.cpuNanos() / 1e3)
        .with("p50_us", micros(times, 50))
        .with("p99_us", micros(times, 99))
        .with("p9999_us", micros(times, 99.99))
        .with("max_us", micros(times, 100))
        .with("failed", outcome.failed())
        .with("stuck", outcome.stuck())
        .with("jdk", Machine.jdk());
  }

  private static double micros(Histogram times, double percentile) {
    return times.getValueAtPercentile(percentile) / 1e3;
  }
}
