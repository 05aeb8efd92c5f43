package io.connpool.bench.harness;

import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Row.Floor;
import io.connpool.bench.harness.Row.Scope;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A subcommand of {@code compare}: which rows and peers to measure, how long, and the report. What
 * is compared is the subclass's.
 */
@Command(
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all was measured", "1:something could not be", "2:wrong arguments"})
public abstract class CompareCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--quick", description = "Ends within 5 minutes: short runs, few per figure.")
  boolean quick;

  @Option(names = "--json", description = "Prints each result as one line of JSON, too.")
  boolean json;

  @Option(names = "--rows", description = "Only rows in whose name this pattern is found.")
  Pattern rows = Pattern.compile("");

  @Option(names = "--peers", split = ",", description = "Only these, separated by commas.")
  @Nullable List<String> peers;

  @Option(names = "--forks", description = "JVMs for each figure.")
  @Nullable Integer forks;

  @Option(names = "--warm-up", description = "Seconds of each JVM that do not count.")
  @Nullable Double warmUp;

  @Option(names = "--seconds", description = "Seconds of each JVM that count.")
  @Nullable Double seconds;

  /** For picocli. */
  protected CompareCommand() {}

  /**
   * What can be compared.
   *
   * @return in the order in which it is measured and printed
   */
  protected abstract List<Row> allRows();

  /**
   * Whose ratios to the others the table has.
   *
   * @return a peer
   */
  protected String ours() {
    return Floor.CONNPOOL;
  }

  /**
   * Who can be measured here.
   *
   * @return names, in the order in which they take turns
   */
  protected abstract List<String> presentPeers();

  /**
   * Who cannot be measured here.
   *
   * @return for each name the reason
   */
  protected abstract Map<String, String> missingPeers();

  /**
   * How much work a figure is worth.
   *
   * @param quickly whether all must end within 5 minutes
   * @return the default, which options may change
   */
  protected abstract Effort defaultEffort(boolean quickly);

  /**
   * Prints what the table of ratios does not say.
   *
   * @param out where to
   * @param row measured
   * @param measured peers, in order
   * @param results of all
   */
  protected void printMore(PrintWriter out, Row row, List<String> measured, Results results) {}

  @Override
  public final Integer call() throws InterruptedException {
    List<Row> chosen = chosenRows();
    List<String> measured = chosenPeers();
    PrintWriter out = spec.commandLine().getOut();
    printHead(out);
    PrintWriter lines = json ? out : new PrintWriter(Writer.nullWriter());
    Results results =
        new Comparison(
                new Fork(spec.root().userObject().getClass()),
                measured,
                effort(),
                lines,
                spec.commandLine().getErr())
            .measure(chosen);
    printReport(out, chosen, measured, results);
    return results.failures() == 0 ? 0 : 1;
  }

  private List<Row> chosenRows() {
    List<Row> chosen =
        allRows().stream()
            .filter(row -> rows.matcher(row.name()).find())
            .filter(row -> !quick || row.scope() != Scope.FULL_ONLY)
            .filter(this::isPossible)
            .toList();
    if (chosen.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--rows '%s' leaves none of %s"
              .formatted(rows, allRows().stream().map(Row::name).toList()));
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

  private List<String> chosenPeers() {
    List<String> chosen = peers == null ? presentPeers() : peers;
    for (String peer : chosen) {
      String why = missingPeers().get(peer);
      if (why != null) {
        throw wrong("no peer '%s' here: %s".formatted(peer, why));
      }
      if (!presentPeers().contains(peer)) {
        throw wrong("no peer '%s'; there are %s".formatted(peer, presentPeers()));
      }
    }
    return chosen;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private Effort effort() {
    Effort base = defaultEffort(quick);
    return new Effort(
        forks == null ? base.forks() : forks,
        warmUp == null ? base.warmUp() : warmUp,
        seconds == null ? base.seconds() : seconds);
  }

  private void printHead(PrintWriter out) {
    missingPeers().forEach((peer, why) -> out.println("Missing    " + peer + ": " + why));
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

  private void printReport(
      PrintWriter out, List<Row> chosen, List<String> measured, Results results) {
    out.println();
    for (String peer : measured) {
      chosen.stream()
          .flatMap(row -> results.of(row, peer).stream())
          .findFirst()
          .map((JsonLine line) -> line.text("settings"))
          .ifPresent(settings -> out.printf("%-22s%s%n", peer, settings));
    }
    RatioTable table = new RatioTable(ours(), chosen, measured, results);
    out.println();
    table.print(out);
    chosen.forEach(row -> printMore(out, row, measured, results));
    out.println();
    table.printFloors(out);
    out.flush();
  }
}
