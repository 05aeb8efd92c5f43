package io.connpool.bench.harness;

import io.connpool.bench.harness.Comparison.Effort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Several comparisons as files: {@code results.json} with every measurement, {@code results.csv}
 * with the medians, and one chart for each comparison. The charts can be drawn anew from the first.
 */
final class Report {
  static final String JSON = "results.json";
  static final String CSV = "results.csv";

  private final Map<String, CompareCommand> suites = new LinkedHashMap<>();
  private final JsonLine run;
  private final Map<CompareCommand, Results> results = new LinkedHashMap<>();

  /**
   * An empty report.
   *
   * @param suites what can be in it, by its name
   * @param run what the figures must be read with
   */
  Report(List<CompareCommand> suites, JsonLine run) {
    suites.forEach(suite -> this.suites.put(suite.name(), suite));
    this.run = run;
  }

  /** One comparison that is to be measured. */
  private record Plan(CompareCommand suite, List<Row> rows, List<String> peers, Effort effort) {
    int measurements() {
      return rows.size() * effort.steps(peers.size());
    }

    double planned() {
      return effort.planned(rows, peers.size());
    }
  }

  /**
   * Measures what is selected of these suites.
   *
   * @return how many measurements failed
   */
  int measure(Selection selection, Fork fork, PrintWriter err) throws InterruptedException {
    List<Plan> plans = new ArrayList<>();
    for (CompareCommand suite : suites.values()) {
      List<String> named = selection.peers;
      List<String> peers =
          named == null
              ? suite.usualPeers()
              : suite.presentPeers().stream().filter(named::contains).toList();
      List<Row> rows = selection.of(suite.allRows());
      if (!rows.isEmpty() && !peers.isEmpty()) {
        Effort effort = selection.effort(suite.defaultEffort(selection.quick));
        plans.add(new Plan(suite, rows, peers, effort));
      }
    }
    Progress progress =
        new Progress(
            err,
            plans.stream().mapToInt(Plan::measurements).sum(),
            plans.stream().mapToDouble(Plan::planned).sum());
    err.printf("about %d minutes%n", progress.expected().plusSeconds(59).toMinutes());
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    int failures = 0;
    for (Plan plan : plans) {
      Results measured =
          new Comparison(fork, plan.peers, plan.effort, nowhere, progress).measure(plan.rows);
      results.put(plan.suite, measured);
      failures += measured.failures();
    }
    return failures;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param file a {@code results.json}
   * @throws IllegalArgumentException if it is something else
   */
  static Report read(Path file, List<CompareCommand> suites) throws IOException {
    List<JsonLine> lines =
        Files.readAllLines(file).stream()
            .map(line -> line.strip().replaceFirst(",$", ""))
            .filter(line -> line.startsWith("{"))
            .map(JsonLine::parse)
            .toList();
    if (lines.isEmpty() || !"run".equals(lines.get(0).text("bench"))) {
      throw new IllegalArgumentException(file + " does not begin as a report's results do");
    }
    Report report = new Report(suites, lines.get(0));
    lines.subList(1, lines.size()).forEach(report::add);
    return report;
  }

  private void add(JsonLine line) {
    CompareCommand suite = suites.get(line.text("bench"));
    String peer = line.text("peer");
    if (suite == null || peer == null) {
      throw new IllegalArgumentException("no result of a comparison there is here: " + line);
    }
    Row row =
        suite.allRows().stream()
            .filter(known -> known.name().equals(line.text("row")))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s has no row '%s' any more".formatted(suite.name(), line.text("row"))));
    results
        .computeIfAbsent(suite, measured -> new Results())
        .add(row, peer, (int) line.number("fork").orElse(0), line);
  }

  /** Writes all files into a folder, which is made if need be. */
  List<Path> write(Path folder) throws IOException {
    Files.createDirectories(folder);
    List<Path> written = new ArrayList<>();
    written.add(Files.writeString(folder.resolve(JSON), json()));
    written.add(Files.writeString(folder.resolve(CSV), csv()));
    for (Map.Entry<CompareCommand, Results> measured : results.entrySet()) {
      CompareCommand suite = measured.getKey();
      String chart = new Chart(suite, measured.getValue(), run).svg();
      written.add(Files.writeString(folder.resolve(suite.name() + ".svg"), chart));
    }
    return written;
  }

  private String json() {
    List<String> lines = new ArrayList<>();
    lines.add(run.toString());
    forAll(
        (suite, row, peer, measured) ->
            measured.of(row, peer).forEach(line -> lines.add(line.toString())));
    return "[\n" + String.join(",\n", lines) + "\n]\n";
  }

  private String csv() {
    StringBuilder csv = new StringBuilder("bench,row,peer,metric,median,forks\n");
    forAll(
        (suite, row, peer, measured) ->
            csv.append(
                "%s,%s,%s,%s,%s,%d%n"
                    .formatted(
                        suite.name(),
                        row.name(),
                        peer,
                        row.metric().field(),
                        measured.figure(row, peer),
                        measured.of(row, peer).size())));
    return csv.toString();
  }

  private interface Visitor {
    void visit(CompareCommand suite, Row row, String peer, Results measured);
  }

  /** What was measured, in the order of the rows and of the peers. */
  private void forAll(Visitor visitor) {
    results.forEach(
        (suite, measured) -> {
          for (Row row : suite.allRows()) {
            for (String peer : suite.presentPeers()) {
              if (!measured.of(row, peer).isEmpty()) {
                visitor.visit(suite, row, peer, measured);
              }
            }
          }
        });
  }
}
