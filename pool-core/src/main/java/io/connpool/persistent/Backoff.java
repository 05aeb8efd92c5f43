package io.connpool.persistent;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to pause before the next dial. resilience4j counts the failures and says how long at
 * most; the jitter is ours and comes after the cap, so that it does not vanish in a long outage.
 * Every pause is between min and the most of its attempt: 3, 6, 12 ... times min, up to max.
 * Nothing here sleeps.
 */
final class Backoff {
  private static final double FACTOR = 2;

  /**
   * The first pause needs room for jitter, or all who lost a server together would come together.
   */
  private static final int FIRST_FACTOR = 3;

  /** So that those who lost a stable link together do not come back in the same millisecond. */
  private static final long FIRST_REDIAL_NANOS = Duration.ofMillis(50).toNanos();

  private final long minNanos;
  private final Retry retry;
  private final RandomGenerator random;
  private Retry.AsyncContext<?> failures;

  Backoff(Duration min, Duration max, RandomGenerator random) {
    minNanos = min.toNanos();
    long first = Math.min(max.toMillis(), FIRST_FACTOR * min.toMillis());
    // Its cost grows with the attempt, its result does not once the cap is reached.
    int growing = 2 + (int) Math.ceil(Math.log((double) max.toMillis() / first) / Math.log(FACTOR));
    IntervalFunction exponential =
        IntervalFunction.ofExponentialBackoff(first, FACTOR, max.toMillis());
    retry =
        Retry.of(
            "persistent",
            RetryConfig.custom()
                .maxAttempts(Integer.MAX_VALUE)
                .intervalFunction(attempt -> exponential.apply(Math.min(attempt, growing)))
                .build());
    this.random = random;
    failures = retry.asyncContext();
  }

  /** The pause after one more failure. */
  long afterFailure(Throwable failure) {
    long most = Duration.ofMillis(failures.onError(failure)).toNanos();
    return minNanos + random.nextLong(Math.max(1, most - minNanos + 1));
  }

  /** The link has proved stable: failures are forgotten. */
  void reset() {
    failures = retry.asyncContext();
  }

  /** The pause before the first dial after a stable link. */
  long afterStableLink() {
    return random.nextLong(FIRST_REDIAL_NANOS);
  }
}
