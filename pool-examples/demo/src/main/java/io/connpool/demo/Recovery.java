package io.connpool.demo;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** How a pool found its way back, counted from the moment its server was back. */
final class Recovery {
  private static final long NOT_YET = -1;

  private final long backSince = System.nanoTime();
  private final AtomicLong firstSuccess = new AtomicLong(NOT_YET);
  private final AtomicLong lastFailure = new AtomicLong(NOT_YET);

  /** A request was answered; says whether it was the first one. */
  boolean succeeded() {
    return firstSuccess.get() == NOT_YET && firstSuccess.compareAndSet(NOT_YET, nanos());
  }

  /** A request failed. */
  void failed() {
    lastFailure.accumulateAndGet(nanos(), Math::max);
  }

  Optional<Duration> firstSuccess() {
    return since(firstSuccess);
  }

  Optional<Duration> lastFailure() {
    return since(lastFailure);
  }

  private long nanos() {
    return System.nanoTime() - backSince;
  }

  private static Optional<Duration> since(AtomicLong moment) {
    long nanos = moment.get();
    return nanos == NOT_YET ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
  }
}
