package io.connpool.bench.acquire;

import io.connpool.bench.harness.Comparison.Results;
import io.connpool.bench.harness.JsonLine;
import io.connpool.bench.harness.Row;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** How long callers wait, all pools beside each other, and whether waits pile up at a quantum. */
final class WaitsReport {
  private final Map<String, Histogram> waits = new LinkedHashMap<>();

  WaitsReport(Row row, List<String> peers, Results results) {
    for (String peer : peers) {
      results.of(row, peer).stream()
          .map(WaitsReport::decoded)
          .reduce(
              (all, more) -> {
                all.add(more);
                return all;
              })
          .ifPresent(all -> waits.put(peer, all));
    }
  }

  private static Histogram decoded(JsonLine result) {
    byte[] bytes =
        Base64.getDecoder()
            .decode(Objects.requireNonNull(result.text("histogram"), "a result has no histogram"));
    try {
      return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(bytes), 0);
    } catch (DataFormatException damaged) {
      throw new IllegalArgumentException("damaged histogram: " + result, damaged);
    }
  }

  void print(PrintStream out) {
    out.printf("%nWaits of 32 threads on 4 objects held for 50 us, per cent of all:%n%-16s", "");
    waits.keySet().forEach(peer -> out.printf("%22s", peer));
    out.println();
    long from = 0;
    for (long to : bounds()) {
      long low = from;
      out.printf("%-16s", "below " + Shelves.text(to));
      waits.values().forEach(all -> out.printf("%22s", share(all, low, to)));
      out.println();
      from = to;
    }
    line(out, "p50", all -> Shelves.text(all.getValueAtPercentile(50)));
    line(out, "p99", all -> Shelves.text(all.getValueAtPercentile(99)));
    line(out, "p99.99", all -> Shelves.text(all.getValueAtPercentile(99.99)));
    line(out, "max", all -> Shelves.text(all.getMaxValue()));
    line(out, "waits", all -> Long.toString(all.getTotalCount()));
    line(out, "shelves", all -> Shelves.in(all).toString());
  }

  private void line(PrintStream out, String name, Function<Histogram, String> figure) {
    out.printf("%-16s", name);
    waits.values().forEach(all -> out.printf("%22s", figure.apply(all)));
    out.println();
  }

  /** 1, 2, 5 microseconds and so on, as far as there are waits. */
  private long[] bounds() {
    long max = waits.values().stream().mapToLong(Histogram::getMaxValue).max().orElse(0);
    LongStream.Builder bounds = LongStream.builder();
    for (long decade = 1_000; decade <= max * 10; decade *= 10) {
      for (long step : new long[] {1, 2, 5}) {
        bounds.add(step * decade);
        if (step * decade > max) {
          return bounds.build().toArray();
        }
      }
    }
    return bounds.build().toArray();
  }

  private static String share(Histogram all, long from, long to) {
    long count = Shelves.count(all, from, to);
    return count == 0 ? "." : "%.4f".formatted(100.0 * count / all.getTotalCount());
  }
}
