package io.connpool.testkit;

import io.connpool.ConnSignals;
import io.connpool.DialContext;
import java.time.Duration;
import java.util.Map;

/**
 * A dial without a pool around it.
 *
 * @param deadline as of {@link System#nanoTime()}
 */
record LoneDial(long deadline) implements DialContext {
  @Override
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  @Override
  public int attempt() {
    return 1;
  }

  @Override
  public boolean cancelled() {
    return remaining().isZero();
  }

  @Override
  public Map<String, Object> attributes() {
    return Map.of();
  }

  @Override
  public ConnSignals signals() {
    return new Unheard();
  }

  /** There is no pool that would do something about a signal. */
  private record Unheard() implements ConnSignals {
    @Override
    public void dead(Throwable cause) {}

    @Override
    public void retire(String why) {}

    @Override
    public void capacityChanged() {}
  }
}
