package io.connpool.bench.harness;

import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Row.Floor;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin Selection selection = new Selection();

  @Option(names = "--json", description = "Prints each result as one line of JSON, too.")
  boolean json;

  /** For picocli. */
  protected CompareCommand() {}

  /** Its name on the command line. */
  final String name() {
    return command().name();
  }

  /** What it does, for people. */
  final String title() {
    return command().description()[0];
  }

  private Command command() {
    return Objects.requireNonNull(getClass().getAnnotation(Command.class), "every one has one");
  }

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
   * Who is measured unless others are named.
   *
   * @return some of {@link #presentPeers}, or all
   */
  protected List<String> usualPeers() {
    return presentPeers();
  }

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
    Effort effort = effort();
    Progress progress =
        new Progress(
            spec.commandLine().getErr(),
            chosen.size() * effort.steps(measured.size()),
            effort.planned(chosen, measured.size()));
    Fork fork = new Fork(spec.root().userObject().getClass());
    Results results = new Comparison(fork, measured, effort, lines, progress).measure(chosen);
    printReport(out, chosen, measured, results);
    return results.failures() == 0 ? 0 : 1;
  }

  private List<Row> chosenRows() {
    List<Row> chosen = selection.of(allRows());
    for (Row row : selection.asked(allRows())) {
      if (!chosen.contains(row)) {
        spec.commandLine()
            .getOut()
            .println("Not run    " + row.name() + ": this Java has no virtual threads");
      }
    }
    if (chosen.isEmpty()) {
      throw wrong(
          "--rows '%s' leaves none of %s"
              .formatted(selection.rows, allRows().stream().map(Row::name).toList()));
    }
    return chosen;
  }

  private List<String> chosenPeers() {
    List<String> chosen = selection.peers == null ? usualPeers() : selection.peers;
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
    Effort usual = defaultEffort(selection.quick);
    if (selection.turns != null && usual.turns() == 0) {
      throw wrong(
          "--turns %d: in 'compare %s' each JVM measures once".formatted(selection.turns, name()));
    }
    return selection.effort(usual);
  }

  private void printHead(PrintWriter out) {
    missingPeers().forEach((peer, why) -> out.println("Missing    " + peer + ": " + why));
    out.println("JDK        " + Machine.jdk());
    out.println("Processor  " + Machine.processor());
    out.println(
        "Command    "
            + String.join(" ", spec.root().commandLine().getParseResult().originalArgs()));
    out.println("Effort     " + effort().text());
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
