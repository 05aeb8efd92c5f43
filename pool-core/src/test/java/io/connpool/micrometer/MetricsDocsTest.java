package io.connpool.micrometer;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.testkit.PoolWorld;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The page of metrics and the dashboard speak of meters that a registry really has. */
class MetricsDocsTest {
  private static final Path PAGE = Path.of("docs", "metrics.md");
  private static final Path DASHBOARD = Path.of("docs", "grafana-dashboard.json");
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? [^ ]+");
  private static final Pattern OURS = Pattern.compile("connpool_\\w+");

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @BeforeEach
  void aPoolIsMeasured() {
    world.pool(b -> b.name("orders").listener(PoolMetrics.to(registry)));
  }

  /** The labels of each sample that Prometheus would read, by its name. */
  private Map<String, Set<String>> samples() {
    Map<String, Set<String>> samples = new TreeMap<>();
    for (String line : registry.scrape().lines().filter(l -> !l.startsWith("#")).toList()) {
      Matcher sample = SAMPLE.matcher(line);
      assertTrue(sample.matches(), line);
      Set<String> labels = samples.computeIfAbsent(sample.group(1), name -> new TreeSet<>());
      if (sample.group(2) != null) {
        Arrays.stream(sample.group(2).split(","))
            .map(label -> label.substring(0, label.indexOf('=')))
            .forEach(labels::add);
      }
    }
    return samples;
  }

  /** The cells of the rows that begin with a name of ours. */
  private static List<String[]> rows() throws IOException {
    return Files.readAllLines(PAGE).stream()
        .filter(line -> line.startsWith("| `connpool."))
        .map(line -> line.substring(2).split(" *\\| *"))
        .toList();
  }

  private static Stream<String> names(String cell) {
    return Pattern.compile("`([^`]+)`").matcher(cell).results().map(name -> name.group(1));
  }

  private static Set<String> column(int column) throws IOException {
    return rows().stream()
        .flatMap(cells -> names(cells[column]))
        .collect(toCollection(TreeSet::new));
  }

  @Test
  void thePageListsEveryMeterAndNoOther() throws IOException {
    Set<String> meters =
        registry.getMeters().stream()
            .map(Meter::getId)
            .map(Meter.Id::getName)
            .collect(toCollection(TreeSet::new));

    assertEquals(meters, column(0));
  }

  @Test
  void thePageListsEveryNameThatPrometheusReadsAndNoOther() throws IOException {
    assertEquals(new TreeSet<>(samples().keySet()), column(1));
  }

  @Test
  void theNamesOfOpenTelemetryAreThoseOfItsConventionForPools() throws IOException {
    Set<String> convention =
        Set.of(
            "db.client.connection.count",
            "db.client.connection.idle.max",
            "db.client.connection.idle.min",
            "db.client.connection.max",
            "db.client.connection.pending_requests",
            "db.client.connection.timeouts",
            "db.client.connection.create_time",
            "db.client.connection.wait_time",
            "db.client.connection.use_time");

    Set<String> named = column(2);
    named.removeIf(name -> !name.startsWith("db.client."));

    assertTrue(convention.containsAll(named), named::toString);
    named.add("db.client.connection.idle.max"); // maxIdle is not metered: it seldom changes
    assertEquals(new TreeSet<>(convention), named);
  }

  @Test
  void everyQueryOfTheDashboardIsAnsweredByAMeterThatHasTheLabels() throws IOException {
    Map<String, Set<String>> samples = samples();
    List<String> queries = new ArrayList<>();
    Pattern.compile("\"(?:expr|query)\": \"((?:[^\"\\\\]|\\\\.)*)\"")
        .matcher(Files.readString(DASHBOARD))
        .results()
        .map(result -> result.group(1))
        .filter(query -> OURS.matcher(query).find())
        .forEach(queries::add);
    assertTrue(queries.size() > 10, queries::toString);
    for (String query : queries) {
      List<String> named = OURS.matcher(query).results().map(hit -> hit.group()).toList();
      assertTrue(samples.keySet().containsAll(named), () -> query + " asks for " + named);
      Set<String> labels =
          Pattern.compile("(\\w+)=~?\\\\\"|by \\((\\w+(?:, \\w+)*)\\)|_values\\(\\w+, (\\w+)\\)")
              .matcher(query)
              .results()
              .flatMap(hit -> Stream.of(1, 2, 3).map(hit::group))
              .filter(label -> label != null)
              .flatMap(label -> Arrays.stream(label.split(", ")))
              .collect(toCollection(TreeSet::new));
      assertTrue(!labels.isEmpty(), query);
      for (String name : named) {
        assertTrue(samples.get(name).containsAll(labels), () -> query + " has labels " + labels);
      }
    }
  }
}
