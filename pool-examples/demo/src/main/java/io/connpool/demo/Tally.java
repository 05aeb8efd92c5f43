package io.connpool.demo;

import io.connpool.Verdict.Retry;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** What became of the requests of one lane. Any thread may add to it. */
final class Tally {

  /** Latencies are shown with two digits after the point, and rarely exceed 10 ms. */
  private static final int DIGITS = 3;

  private static final double NANOS_PER_MILLI = 1e6;

  private final Recorder latencies = new Recorder(DIGITS);
  private final Histogram total = new Histogram(DIGITS);
  private final Map<FailureKind, LongAdder> failures = new ConcurrentHashMap<>();
  private volatile Recovery recovery;

  /** Answered requests and the times that 50 and 99 of 100 of them did not exceed. */
  record Answered(long count, double p50Millis, double p99Millis) {
    private static Answered in(Histogram histogram) {
      return new Answered(
          histogram.getTotalCount(),
          histogram.getValueAtPercentile(50) / NANOS_PER_MILLI,
          histogram.getValueAtPercentile(99) / NANOS_PER_MILLI);
    }
  }

  /** A request was answered; says whether it was the first one since its server came back. */
  boolean succeeded(long nanos) {
    latencies.recordValue(nanos);
    Recovery current = recovery;
    return current != null && current.succeeded();
  }

  /** A request failed. */
  void failed(Throwable failure) {
    failures.computeIfAbsent(FailureKind.of(failure), kind -> new LongAdder()).increment();
    Recovery current = recovery;
    if (current != null) {
      current.failed();
    }
  }

  /** The server was killed and is back. */
  void serverIsBack() {
    recovery = new Recovery();
  }

  /** What was answered since this was last asked. */
  synchronized Answered sinceLastLook() {
    Histogram interval = latencies.getIntervalHistogram();
    total.add(interval);
    return Answered.in(interval);
  }

  /** What was answered since the start. */
  synchronized Answered answered() {
    sinceLastLook();
    return Answered.in(total);
  }

  /** What was answered up to the last look. */
  synchronized long answeredSoFar() {
    return total.getTotalCount();
  }

  long failed() {
    return failed(kind -> true);
  }

  /** Those among the failed that the server may have seen. */
  long maybeRun() {
    return failed(kind -> kind.retry() != Retry.NOT_SENT);
  }

  /** Those among the failed that got somebody else's answer. */
  long wrong() {
    return failed(kind -> kind.what().equals(FailureKind.WRONG));
  }

  private long failed(Predicate<FailureKind> which) {
    return failures.entrySet().stream()
        .filter(failure -> which.test(failure.getKey()))
        .mapToLong(failure -> failure.getValue().sum())
        .sum();
  }

  Map<FailureKind, LongAdder> failures() {
    return Map.copyOf(failures);
  }

  /** Empty as long as no server came back. */
  Optional<Recovery> recovery() {
    return Optional.ofNullable(recovery);
  }
}
