package io.connpool.bench.acquire;

import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Results;
import io.connpool.bench.harness.Row;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * How long callers wait, all pools beside each other and all forks together, and whether waits pile
 * up at a fixed quantum.
 */
final class WaitsReport {
  /** What a row needs to be reported on. */
  static final String OPTION = "--histogram";

  private final Row row;
  private final Map<String, Histogram> waits = new LinkedHashMap<>();

  WaitsReport(Row row, List<String> peers, Results results) {
    this.row = row;
    for (String peer : peers) {
      results.of(row, peer).stream()
          .map(WaitsReport::decoded)
          .reduce(WaitsReport::together)
          .ifPresent(all -> waits.put(peer, all));
    }
  }

  private static Histogram decoded(JsonLine result) {
    String encoded = Objects.requireNonNull(result.text("histogram"), "a result lacks its waits");
    try {
      return Histogram.decodeFromCompressedByteBuffer(
          ByteBuffer.wrap(Base64.getDecoder().decode(encoded)), 0);
    } catch (DataFormatException damaged) {
      throw new IllegalArgumentException("damaged histogram: " + result, damaged);
    }
  }

  private static Histogram together(Histogram some, Histogram others) {
    some.add(others);
    return some;
  }

  void print(PrintWriter out) {
    out.printf("Waits of %s, per cent of all:%n%-14s", row.name(), "");
    waits.keySet().forEach(peer -> out.printf("%22s", peer));
    out.println();
    long from = 0;
    for (long to : bounds()) {
      long low = from;
      line(out, "below " + Shelves.text(to), all -> share(all, low, to));
      from = to;
    }
    line(out, "p50", all -> Shelves.text(all.getValueAtPercentile(50)));
    line(out, "p99", all -> Shelves.text(all.getValueAtPercentile(99)));
    line(out, "p99.99", all -> Shelves.text(all.getValueAtPercentile(99.99)));
    line(out, "max", all -> Shelves.text(all.getMaxValue()));
    line(out, "waits", all -> Long.toString(all.getTotalCount()));
    line(out, "shelves at", Shelves::summary);
  }

  private void line(PrintWriter out, String name, Function<Histogram, String> figure) {
    out.printf("%-14s", name);
    waits.values().forEach(all -> out.printf("%22s", figure.apply(all)));
    out.println();
  }

  /** 1, 2, 5, 10 microseconds and so on, until all waits are below. */
  private List<Long> bounds() {
    long longest = waits.values().stream().mapToLong(Histogram::getMaxValue).max().orElse(0);
    List<Long> bounds = new ArrayList<>();
    long[] steps = {1_000, 2_000, 5_000};
    for (long scale = 1; ; scale *= 10) {
      for (long step : steps) {
        bounds.add(step * scale);
        if (step * scale > longest) {
          return bounds;
        }
      }
    }
  }

  private static String share(Histogram all, long from, long to) {
    long count = Shelves.count(all, from, to);
    return count == 0 ? "." : "%.4f".formatted(100.0 * count / (double) all.getTotalCount());
  }
}
