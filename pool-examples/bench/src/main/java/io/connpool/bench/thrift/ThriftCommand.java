package io.connpool.bench.thrift;

import io.connpool.bench.harness.ClosedLoop;
import io.connpool.bench.harness.ClosedLoop.Outcome;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import io.connpool.bench.harness.Output;
import io.connpool.bench.harness.Timing;
import io.connpool.bench.harness.VirtualThreads;
import io.connpool.bench.thrift.peer.Peer;
import io.connpool.bench.thrift.peer.Peers;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures one way to call a Thrift server, in this JVM. */
@Command(
    name = "thrift",
    description = "Measures calls of a Thrift server in the same JVM.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
public final class ThriftCommand implements Callable<Integer> {
  /** Longer than the time-out of a call. */
  private static final Duration GRACE = Duration.ofSeconds(12);

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--peer", description = "Which way to call it.")
  String peer = "connpool-proxy";

  @Option(names = "--threads", description = "How many callers.")
  int threads = 1;

  @Option(names = "--virtual", description = "They are virtual threads.")
  boolean virtual;

  @Option(names = "--payload", description = "Characters of each request, and of its answer.")
  int payload = Load.LEAST_PAYLOAD;

  @Mixin Timing timing = new Timing();

  @Mixin Output output = new Output();

  @Override
  public Integer call() throws Exception {
    Load load;
    Peers kind;
    try {
      load = new Load(threads, virtual, payload);
      kind = Peers.named(peer);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
    try (Peer open = kind.open(threads)) {
      ThreadFactory factory =
          load.virtual() ? VirtualThreads.factory("bench-") : ThriftCommand::daemon;
      ClosedLoop loop = new ClosedLoop(threads, number -> EchoCalls.of(open, load, number), GRACE);
      timing.measure(
          loop,
          factory,
          outcome -> output.print(result(outcome).with("settings", open.settings())));
    }
    return 0;
  }

  /** A stuck caller must not keep the program from ending. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "bench");
    thread.setDaemon(true);
    return thread;
  }

  private JsonLine result(Outcome outcome) {
    Histogram times = outcome.times();
    return new JsonLine()
        .with("bench", "thrift")
        .with("peer", peer)
        .with("threads", threads)
        .with("kind", virtual ? "virtual" : "platform")
        .with("payload", payload)
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
