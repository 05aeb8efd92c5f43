package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Conns;
import io.connpool.bench.acquire.peer.Peer;
import io.connpool.bench.acquire.peer.Peers;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import io.connpool.bench.harness.Output;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures one pool under one load, in this JVM. */
@Command(
    name = "acquire",
    description = "Measures acquire, use and release on one pool.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
public final class AcquireCommand implements Callable<Integer> {
  /** Longer than the waits that peers give up after. */
  private static final Duration GRACE = Duration.ofSeconds(12);

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--peer", description = "Which pool.")
  String peer = Peers.CONNPOOL.label();

  @Option(names = "--threads", description = "How many threads use it.")
  int threads = 1;

  @Option(names = "--virtual", description = "They are virtual.")
  boolean virtual;

  @Option(names = "--size", description = "How many objects it has.")
  int size = 10;

  @Option(
      names = "--hold-us",
      description = "How long an object is held; a thread spins below 20 us and parks above.")
  double holdMicros;

  @Option(names = "--yield", description = "A holder yields once.")
  boolean yield;

  @Option(names = "--think-us", description = "How long a thread parks after each release.")
  double thinkMicros;

  @Option(names = "--handover", description = "Half of the threads acquire, half release.")
  boolean handover;

  @Option(names = "--warm-up", description = "Seconds that do not count.")
  double warmUp = 1;

  @Option(names = "--seconds", description = "Seconds that count.")
  double seconds = 3;

  @Option(
      names = "--histogram",
      description = "Adds all waits to the JSON, as HdrHistogram encodes them, in base64.")
  boolean histogram;

  @Mixin Output output = new Output();

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
      Outcome outcome =
          new Run<>(pool, load, conns).measure(duration(warmUp), duration(seconds), GRACE);
      result = result(load, outcome).with("settings", pool.settings());
    }
    output.print(result);
    return 0;
  }

  private Load load() {
    long holdNanos = Math.round(holdMicros * 1e3);
    long thinkNanos = Math.round(thinkMicros * 1e3);
    Hold hold = yield ? Hold.YIELD : Hold.of(holdNanos);
    return new Load(threads, virtual, size, hold, holdNanos, thinkNanos, handover);
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  private JsonLine result(Load load, Outcome outcome) {
    Histogram waits = outcome.waits();
    JsonLine line =
        new JsonLine()
            .with("bench", "acquire")
            .with("peer", peer)
            .with("threads", threads)
            .with("kind", virtual ? "virtual" : "platform")
            .with("size", size)
            .with("hold", load.hold().name().toLowerCase(Locale.ROOT))
            .with("hold_us", holdMicros)
            .with("think_us", thinkMicros)
            .with("handover", handover)
            .with("seconds", seconds)
            .with("ops_per_s", outcome.perSecond())
            .with("p50_us", micros(waits, 50))
            .with("p99_us", micros(waits, 99))
            .with("p9999_us", micros(waits, 99.99))
            .with("max_us", micros(waits, 100))
            .with("waits_timed", waits.getTotalCount())
            .with("timeouts", outcome.timeouts())
            .with("threads_served", outcome.served())
            .with("stuck", outcome.stuck());
    if (load.hold() == Hold.PARK) {
      line.with("mean_hold_us", outcome.meanHold() / 1e3)
          .with("ideal_ratio", outcome.idealRatio(load));
    }
    if (histogram) {
      line.with("histogram", encoded(waits));
    }
    return line.with("jdk", Machine.jdk());
  }

  private static double micros(Histogram waits, double percentile) {
    return waits.getValueAtPercentile(percentile) / 1e3;
  }

  private static String encoded(Histogram waits) {
    ByteBuffer buffer = ByteBuffer.allocate(waits.getNeededByteBufferCapacity());
    int length = waits.encodeIntoCompressedByteBuffer(buffer);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
  }
}
