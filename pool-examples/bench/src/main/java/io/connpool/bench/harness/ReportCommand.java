package io.connpool.bench.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs every comparison, or reads what one has measured, and writes files and charts. */
@Command(
    name = "report",
    description = {
      "Runs all comparisons and writes results.json, results.csv and a chart for each.",
      "With --quick the runs are short, and few per figure."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all was measured", "1:something could not be", "2:wrong arguments"})
public class ReportCommand implements Callable<Integer> {
  private static final String VERSIONS = "/io/connpool/bench/versions.properties";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Mixin Selection selection = new Selection();

  @Option(
      names = "--only",
      split = ",",
      description = "Only these comparisons, separated by commas.")
  @Nullable List<String> only;

  @Option(names = "--out", description = "The folder to write into; default ${DEFAULT-VALUE}.")
  Path out = Path.of("report");

  @Option(
      names = "--from",
      paramLabel = "<results.json>",
      description = "Measures nothing, but draws the charts of an earlier report anew.")
  @Nullable Path from;

  private final List<CompareCommand> all;

  /**
   * A report of these.
   *
   * @param suites in order
   */
  public ReportCommand(List<CompareCommand> suites) {
    all = List.copyOf(suites);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    Report report;
    int failures = 0;
    if (from != null) {
      try {
        report = Report.read(from, all);
      } catch (IllegalArgumentException wrong) {
        throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
      }
    } else {
      report = new Report(chosen(), run());
      failures = report.measure(selection, new Fork(spec.root().userObject().getClass()), err);
    }
    report.write(out).forEach(file -> spec.commandLine().getOut().println("wrote " + file));
    return failures == 0 ? 0 : 1;
  }

  private List<CompareCommand> chosen() {
    List<String> names = all.stream().map(CompareCommand::name).toList();
    List<String> wanted = only == null ? names : only;
    for (String name : wanted) {
      if (!names.contains(name)) {
        throw new ParameterException(
            spec.commandLine(), "no comparison '%s'; there are %s".formatted(name, names));
      }
    }
    return all.stream().filter(suite -> wanted.contains(suite.name())).toList();
  }

  private JsonLine run() throws IOException {
    return new JsonLine()
        .with("bench", "run")
        .with("date", LocalDate.now(ZoneOffset.UTC).toString())
        .with("processor", Machine.processor())
        .with("jdk", Machine.jdk())
        .with("versions", versions())
        .with(
            "command",
            "bench.jar "
                + String.join(" ", spec.root().commandLine().getParseResult().originalArgs()));
  }

  /** Of ConnPool and its peers, as the build knows them. */
  private static String versions() throws IOException {
    Properties versions = new Properties();
    try (InputStream in = ReportCommand.class.getResourceAsStream(VERSIONS)) {
      if (in == null) {
        throw new IOException("the jar has no " + VERSIONS);
      }
      versions.load(in);
    }
    return new TreeMap<>(versions)
        .entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
  }
}
