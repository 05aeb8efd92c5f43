package io.connpool.bench.harness;

import io.connpool.bench.harness.Comparison.Effort;
import io.connpool.bench.harness.Row.Scope;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options by which a user measures less, or more, than a comparison does by itself. */
final class Selection {
  @Option(names = "--quick", description = "Short runs, few per figure.")
  boolean quick;

  @Option(names = "--rows", description = "Only rows in whose name this pattern is found.")
  Pattern rows = Pattern.compile("");

  @Option(names = "--peers", split = ",", description = "Only these, separated by commas.")
  @Nullable List<String> peers;

  @Option(names = "--forks", description = "JVMs for each figure.")
  @Nullable Integer forks;

  @Option(names = "--warm-up", description = "Seconds of each JVM that do not count.")
  @Nullable Double warmUp;

  @Option(names = "--seconds", description = "Seconds of each window.")
  @Nullable Double seconds;

  @Option(names = "--turns", description = "Windows of each JVM, where JVMs take turns.")
  @Nullable Integer turns;

  /** The rows that are asked for, and that this Java can run. */
  List<Row> of(List<Row> all) {
    return asked(all).stream()
        .filter(row -> row.scope() != Scope.VIRTUAL_THREADS || VirtualThreads.exist())
        .toList();
  }

  /** The rows that are asked for. */
  List<Row> asked(List<Row> all) {
    return all.stream()
        .filter(row -> rows.matcher(row.name()).find())
        .filter(row -> !quick || row.scope() != Scope.FULL_ONLY)
        .toList();
  }

  /** The work per figure that is asked for; turns only where they are usual. */
  Effort effort(Effort usual) {
    return new Effort(
        forks == null ? usual.forks() : forks,
        warmUp == null ? usual.warmUp() : warmUp,
        seconds == null ? usual.seconds() : seconds,
        turns == null || usual.turns() == 0 ? usual.turns() : turns);
  }
}
