package io.connpool.bench.mux;

import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import io.connpool.bench.harness.Output;
import io.connpool.bench.mux.Load.Kind;
import io.connpool.bench.mux.peer.Client;
import io.connpool.bench.mux.peer.Peers;
import io.connpool.bench.mux.peer.Server;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures one peer under one load: one connection, from this JVM. */
@Command(
    name = "mux",
    description = "Measures requests over one multiplexed connection.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
public final class MuxCommand implements Callable<Integer> {
  /** Longer than the time-out of a call. */
  private static final Duration GRACE = Duration.ofSeconds(12);

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--peer", description = "Which implementation, at both ends.")
  String peer = "connpool";

  @Option(names = "--threads", description = "How many callers, or requests in flight.")
  int threads = 1;

  @Option(names = "--virtual", description = "The callers are virtual threads.")
  boolean virtual;

  @Option(names = "--async", description = "Nobody waits: each answer sends the next request.")
  boolean async;

  @Option(names = "--body", description = "Bytes of a request and its answer; 0: time and date.")
  int body;

  @Option(names = "--rate", description = "Requests a second; 0: as many as possible.")
  int rate;

  @Option(names = "--two-processes", description = "The server has a JVM of its own.")
  boolean twoProcesses;

  @Option(names = "--warm-up", description = "Seconds that do not count.")
  double warmUp = 2;

  @Option(names = "--seconds", description = "Seconds that count.")
  double seconds = 3;

  @Mixin Output output = new Output();

  @Override
  public Integer call() throws Exception {
    Load load;
    Peers kind;
    try {
      if (async && virtual) {
        throw new IllegalArgumentException("--async excludes --virtual");
      }
      load = new Load(threads, kind(), body, rate);
      kind = Peers.named(peer);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
    JsonLine result;
    try (Server server =
            twoProcesses
                ? ServerProcess.start(spec.root().userObject().getClass(), peer)
                : kind.serve();
        Client client = kind.connect(server.port())) {
      result =
          result(new Run(client, load).measure(duration(warmUp), duration(seconds), GRACE))
              .with("settings", kind.settings());
    }
    output.print(result);
    return 0;
  }

  private Kind kind() {
    if (async) {
      return Kind.ASYNC;
    }
    return virtual ? Kind.VIRTUAL : Kind.PLATFORM;
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  private JsonLine result(Run.Outcome outcome) {
    Histogram times = outcome.times();
    JsonLine line =
        new JsonLine()
            .with("bench", "mux")
            .with("peer", peer)
            .with("threads", threads)
            .with("kind", kind().name().toLowerCase(Locale.ROOT))
            .with("body", body)
            .with("rate", rate)
            .with("processes", twoProcesses ? 2 : 1)
            .with("seconds", seconds)
            .with("ops_per_s", outcome.perSecond())
            .with("p50_us", micros(times, 50))
            .with("p99_us", micros(times, 99))
            .with("p999_us", micros(times, 99.9))
            .with("p9999_us", micros(times, 99.99))
            .with("max_us", micros(times, 100))
            .with("failed", outcome.failed())
            .with("stuck", outcome.stuck());
    if (outcome.framesPerWrite() > 0) {
      line.with("frames_per_write", outcome.framesPerWrite());
    }
    outcome.bytesPerCall().ifPresent(bytes -> line.with("bytes_per_call", bytes));
    return line.with("jdk", Machine.jdk());
  }

  private static double micros(Histogram times, double percentile) {
    return times.getValueAtPercentile(percentile) / 1e3;
  }
}
