package io.connpool.bench.acquire.peer;

import io.connpool.PoolListener;
import io.connpool.micrometer.PoolMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jdk.jfr.Recording;

/**
 * All that can be observed of a pool: Micrometer's meters, and a flight recording of every event.
 */
final class Observation implements AutoCloseable {
  private static final String[] EVENTS = {
    "Acquire", "Dial", "Heartbeat", "Close", "LeakSuspected", "PoolStats"
  };

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Recording recording = new Recording();

  Observation() {
    for (String event : EVENTS) {
      recording.enable("io.connpool." + event);
    }
    recording.start();
  }

  PoolListener listener() {
    return PoolMetrics.to(registry);
  }

  @Override
  public void close() {
    recording.close();
    registry.close();
  }
}
