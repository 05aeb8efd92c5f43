package io.connpool.net;

import io.connpool.ConnSignals;
import io.connpool.DialContext;
import java.time.Duration;
import java.util.Map;

/** A dial that has a certain time, and no pool around it. */
record FixedDialContext(Duration remaining) implements DialContext {

  @Override
  public int attempt() {
    return 1;
  }

  @Override
  public boolean cancelled() {
    return false;
  }

  @Override
  public Map<String, Object> attributes() {
    return Map.of();
  }

  @Override
  public ConnSignals signals() {
    throw new UnsupportedOperationException("a dialer sends no signals");
  }
}
