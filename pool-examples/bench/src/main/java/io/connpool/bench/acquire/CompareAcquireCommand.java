package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Peers;
import io.connpool.bench.harness.Comparison;
import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Fork;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Machine;
import io.connpool.bench.harness.RatioTable;
import io.connpool.bench.harness.Results;
import io.connpool.bench.harness.Row;
import io.connpool.bench.harness.Row.Scope;
import io.connpool.bench.harness.VirtualThreads;
import java.io.PrintWriter;
import java.io.Writer;
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
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all was measured", "1:something could not be", "2:wrong arguments"})
public final class CompareAcquireCommand implements Callable<Integer> {
  private static final Effort FULL = new Effort(5, 1, 2);
  private static final Effort QUICK = new Effort(1, 0.5, 0.8);

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--quick", description = "Ends within 5 minutes: one short run per figure.")
  boolean quick;

  @Option(names = "--json", description = "Prints each result as one line of JSON, too.")
  boolean json;

  @Option(names = "--rows", description = "Only rows in whose name this pattern is found.")
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
    List<Row> chosen = chosenRows();
    checkPeers();
    PrintWriter out = spec.commandLine().getOut();
    printHead(out);
    PrintWriter lines = json ? out : new PrintWriter(Writer.nullWriter());
    Results results =
        new Comparison(
                new Fork(spec.root().userObject().getClass()),
                peers,
                effort(),
                lines,
                spec.commandLine().getErr())
            .measure(chosen);
    printReport(out, chosen, results);
    return results.failures() == 0 ? 0 : 1;
  }

  private List<Row> chosenRows() {
    List<Row> chosen =
        AcquireRows.ALL.stream()
            .filter(row -> rows.matcher(row.name()).find())
            .filter(row -> !quick || row.scope() != Scope.FULL_ONLY)
            .filter(this::isPossible)
            .toList();
    if (chosen.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--rows '%s' leaves none of %s"
              .formatted(rows, AcquireRows.ALL.stream().map(Row::name).toList()));
    }
    return chosen;
  }

  private boolean isPossible(Row row) {
    boolean possible = row.scope() != Scope.VIRTUAL_THREADS || VirtualThreads.exist();
    if (!possible) {
      spec.commandLine()
          .getOut()
          .println("Not run    " + row.name() + ": this Java has no virtual threads");
    }
    return possible;
  }

  private void checkPeers() {
    try {
      peers.forEach(Peers::named);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }

  private Effort effort() {
    Effort base = quick ? QUICK : FULL;
    return new Effort(
        forks == null ? base.forks() : forks,
        warmUp == null ? base.warmUp() : warmUp,
        seconds == null ? base.seconds() : seconds);
  }

  private void printHead(PrintWriter out) {
    for (Peers peer : Peers.values()) {
      peer.whyMissing().ifPresent(why -> out.println("Missing    " + peer.label() + ": " + why));
    }
    Effort effort = effort();
    out.println("JDK        " + Machine.jdk());
    out.println("Processor  " + Machine.processor());
    out.println(
        "Command    "
            + String.join(" ", spec.root().commandLine().getParseResult().originalArgs()));
    out.printf(
        "Effort     %d JVMs per figure, each %s s warm-up and %s s window%n",
        effort.forks(), effort.warmUp(), effort.seconds());
    out.flush();
  }

  private void printReport(PrintWriter out, List<Row> chosen, Results results) {
    out.println();
    for (String peer : peers) {
      chosen.stream()
          .flatMap(row -> results.of(row, peer).stream())
          .findFirst()
          .map((JsonLine line) -> line.text("settings"))
          .ifPresent(settings -> out.printf("%-22s%s%n", peer, settings));
    }
    RatioTable table = new RatioTable(chosen, peers, results);
    out.println();
    table.print(out);
    for (Row row : chosen) {
      if (row.arguments().contains(WaitsReport.OPTION)) {
        out.println();
        new WaitsReport(row, peers, results).print(out);
      }
    }
    out.println();
    table.printFloors(out);
    out.flush();
  }
}
