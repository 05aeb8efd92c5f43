package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Peers;
import io.connpool.bench.harness.Comparison;
import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Comparison.Results;
import io.connpool.bench.harness.Fork;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import io.connpool.bench.harness.RatioTable;
import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.VirtualThreads;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** All pools under all loads. */
@Command(
    name = "acquire",
    description = "Compares acquire, use and release on all pools.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class CompareAcquireCommand implements Callable<Integer> {
  private static final Effort FULL = new Effort(5, 1.5, 2.5);
  private static final Effort QUICK = new Effort(1, 0.6, 0.9);

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--quick", description = "Ends within 5 minutes: one fork, short runs.")
  boolean quick;

  @Option(names = "--json", description = "Prints each result as one line of JSON, too.")
  boolean json;

  @Option(names = "--rows", description = "Only rows whose name contains this pattern.")
  Pattern rows = Pattern.compile("");

  @Option(names = "--peers", split = ",", description = "Only these, separated by commas.")
  List<String> peers = Peers.present().stream().map(Peers::label).toList();

  @Option(names = "--forks", description = "JVMs for each figure.")
  @Nullable Integer forks;

  @Option(names = "--warm-up", description = "Seconds of each JVM that do not count.")
  @Nullable Double warmUp;

  @Option(names = "--seconds", description = "Seconds of each JVM that count.")
  @Nullable Double seconds;

  @Override
  public Integer call() throws InterruptedException {
    PrintStream out = System.out;
    List<Row> chosen = chosen(out);
    for (String peer : peers) {
      named(peer);
    }
    printHead(out);
    Results results =
        new Comparison(new Fork(mainClass()), peers, effort(), json, out, System.err)
            .measure(chosen);
    printSettings(out, chosen, results);
    new RatioTable(chosen, peers, results).print(out);
    chosen.stream()
        .filter(row -> row.name().equals(AcquireRows.waits().name()))
        .forEach(row -> new WaitsReport(row, peers, results).print(out));
    return 0;
  }

  private Class<?> mainClass() {
    return spec.root().userObject().getClass();
  }

  private void named(String peer) {
    try {
      Peers.named(peer);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }

  private List<Row> chosen(PrintStream out) {
    List<Row> chosen =
        AcquireRows.ALL.stream()
            .filter(row -> (row.quick() || !quick) && rows.matcher(row.name()).find())
            .toList();
    if (chosen.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "no row contains '%s'; there are %s"
              .formatted(rows, AcquireRows.ALL.stream().map(Row::name).toList()));
    }
    for (Row row : chosen) {
      if (row.needsVirtualThreads() && !VirtualThreads.exist()) {
        out.println("Not run: " + row.name() + ", for want of virtual threads on this Java");
      }
    }
    return chosen.stream()
        .filter(row -> !row.needsVirtualThreads() || VirtualThreads.exist())
        .toList();
  }

  private Effort effort() {
    Effort base = quick ? QUICK : FULL;
    return new Effort(
        forks == null ? base.forks() : forks,
        warmUp == null ? base.warmUp() : warmUp,
        seconds == null ? base.seconds() : seconds);
  }

  private void printHead(PrintStream out) {
    out.println("JDK        " + Machine.jdk());
    out.println("Processor  " + Machine.processor());
    out.println("Command    compare acquire " + spec.commandLine().getParseResult().originalArgs());
    out.println("Effort     " + effort());
    for (Peers peer : Peers.values()) {
      peer.whyMissing().ifPresent(why -> out.println("Missing    " + peer.label() + ": " + why));
    }
  }

  private void printSettings(PrintStream out, List<Row> chosen, Results results) {
    out.println();
    for (String peer : peers) {
      chosen.stream()
          .flatMap(row -> results.of(row, peer).stream())
          .findFirst()
          .map((JsonLine line) -> line.text("settings"))
          .ifPresent(settings -> out.printf("%-22s%s%n", peer, settings));
    }
  }
}
