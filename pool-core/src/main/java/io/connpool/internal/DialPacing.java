package io.connpool.internal;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.random.RandomGenerator;

/**
 * How long to pause after a dial failed. resilience4j counts the attempts and says how long at
 * most; the jitter is ours and comes after the cap, because resilience4j caps after its jitter,
 * which makes all clients of a dead server dial in step once the cap is reached. Nothing here
 * sleeps.
 */
final class DialPacing {
  private static final long FIRST_MILLIS = 50;
  private static final double FACTOR = 2;

  /** Bounds the pause: a server that is back is found within half a second. */
  private static final long LONGEST_MILLIS = 500;

  /** 50 ms doubled four times is beyond the longest pause. */
  private static final int GROWING_ATTEMPTS = 5;

  private final IntervalFunction growing;
  private final Retry retry;
  private final RandomGenerator random;

  DialPacing(int dialAttempts, RandomGenerator random) {
    IntervalFunction exponential =
        IntervalFunction.ofExponentialBackoff(FIRST_MILLIS, FACTOR, LONGEST_MILLIS);
    // its cost grows with the attempt, its result does not after this many
    growing = attempt -> exponential.apply(Math.min(attempt, GROWING_ATTEMPTS));
    retry =
        Retry.of(
            "dial",
            RetryConfig.custom().maxAttempts(dialAttempts).intervalFunction(growing).build());
    this.random = random;
  }

  /** Begins an episode: the returned policy belongs to it alone. */
  Episode newEpisode() {
    return new Episode(retry.asyncContext());
  }

  /** The pause after this many episodes failed in a row, in nanoseconds. */
  long afterFailedEpisodes(int howMany) {
    return jittered(growing.apply(Math.max(1, howMany)));
  }

  private long jittered(long mostMillis) {
    return random.nextLong(mostMillis * 1_000_000 + 1);
  }

  /** The attempts of one episode. Used by one thread at a time. */
  final class Episode {
    private final Retry.AsyncContext<?> context;

    private Episode(Retry.AsyncContext<?> context) {
      this.context = context;
    }

    /**
     * The pause after one more failed attempt.
     *
     * @return nanoseconds; negative if there is no further attempt
     */
    long after(Throwable failure) {
      long mostMillis = context.onError(failure);
      return mostMillis < 0 ? -1 : jittered(mostMillis);
    }
  }
}
