package io.connpool.bench.acquire;

import io.connpool.bench.acquire.Run.Outcome;
import io.connpool.bench.acquire.peer.Conns;
import io.connpool.bench.acquire.peer.Peer;
import io.connpool.bench.acquire.peer.Peers;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures one pool under one load, in this JVM. */
@Command(
    name = "acquire",
    description = "Measures acquire, use and release on one pool.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class AcquireCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--peer", description = "Which pool: ${DEFAULT-VALUE}.")
  String peer = "connpool";

  @Option(names = "--threads", defaultValue = "1", description = "How many: ${DEFAULT-VALUE}.")
  int threads;

  @Option(names = "--virtual", description = "Virtual threads.")
  boolean virtual;

  @Option(names = "--size", defaultValue = "10", description = "Objects: ${DEFAULT-VALUE}.")
  int size;

  @Option(
      names = "--hold-us",
      defaultValue = "0",
      description = "How long an object is held; spins below 20 us, parks above.")
  double holdMicros;

  @Option(names = "--yield", description = "Yields once while it holds.")
  boolean yield;

  @Option(names = "--handover", description = "Half of the threads acquire, half release.")
  boolean handover;

  @Option(names = "--seconds", defaultValue = "3", description = "Measured: ${DEFAULT-VALUE}.")
  double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "1",
      description = "Seconds before: ${DEFAULT-VALUE}.")
  double warmUp;

  @Option(
      names = "--histogram",
      description = "Adds all waits to the JSON, as HdrHistogram encodes them, in base64.")
  boolean histogram;

  @Option(names = "--json", description = "Prints one JSON object.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    Load load;
    Peers kind;
    try {
      load = load();
      kind = Peers.named(peer);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
    Conns conns = new Conns();
    JsonLine result;
    try (Peer<?> pool = kind.open(size, virtual, conns)) {
      Outcome outcome = new Run<>(pool, load, conns).measure(duration(warmUp), duration(seconds));
      result = result(load, pool, outcome);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? result : readable(result));
    out.flush();
    return 0;
  }

  private Load load() {
    long holdNanos = Math.round(holdMicros * 1e3);
    if (yield && (holdNanos > 0 || handover)) {
      throw new IllegalArgumentException("--yield excludes --hold-us and --handover");
    }
    if (handover && holdNanos > 0) {
      throw new IllegalArgumentException("--handover excludes --hold-us");
    }
    Hold hold = yield ? Hold.YIELD : Hold.of(holdNanos);
    return new Load(threads, virtual, size, holdNanos, hold, handover);
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  private JsonLine result(Load load, Peer<?> pool, Outcome outcome) {
    Histogram waits = outcome.waits();
    JsonLine line =
        new JsonLine()
            .with("bench", "acquire")
            .with("peer", peer)
            .with("threads", threads)
            .with("kind", virtual ? "virtual" : "platform")
            .with("size", size)
            .with("hold_us", holdMicros)
            .with("hold", load.hold().name().toLowerCase(Locale.ROOT))
            .with("handover", handover)
            .with("seconds", seconds)
            .with("ops_per_s", outcome.perSecond())
            .with("p50_us", micros(waits, 50))
            .with("p99_us", micros(waits, 99))
            .with("p9999_us", micros(waits, 99.99))
            .with("max_us", waits.getMaxValue() / 1e3)
            .with("waits_timed", waits.getTotalCount())
            .with("timeouts", outcome.timeouts())
            .with("stuck", outcome.stuck());
    if (load.hold() == Hold.PARK && outcome.meanHold() > 0) {
      double ideal = Math.min(size, threads) * 1e9 / outcome.meanHold();
      line.with("mean_hold_us", outcome.meanHold() / 1e3)
          .with("ideal_ratio", outcome.perSecond() / ideal);
    }
    line.with("jdk", Machine.jdk()).with("settings", pool.settings());
    if (histogram) {
      line.with("histogram", encoded(waits));
    }
    return line;
  }

  private static double micros(Histogram waits, double percentile) {
    return waits.getValueAtPercentile(percentile) / 1e3;
  }

  private static String encoded(Histogram waits) {
    ByteBuffer buffer = ByteBuffer.allocate(waits.getNeededByteBufferCapacity());
    int length = waits.encodeIntoCompressedByteBuffer(buffer);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
  }

  private static String readable(JsonLine result) {
    return """
        %s, %s %s threads on %s objects, hold %s us (%s), handover %s
        %.0f acquisitions/s; acquire p50 %s us, p99 %s us, p99.99 %s us, max %s us
        %s timeouts, %s threads stuck; %s
        %s"""
        .formatted(
            result.text("peer"),
            result.text("threads"),
            result.text("kind"),
            result.text("size"),
            result.text("hold_us"),
            result.text("hold"),
            result.text("handover"),
            result.number("ops_per_s").orElseThrow(),
            result.text("p50_us"),
            result.text("p99_us"),
            result.text("p9999_us"),
            result.text("max_us"),
            result.text("timeouts"),
            result.text("stuck"),
            result.text("settings"),
            result.text("jdk"));
  }
}
