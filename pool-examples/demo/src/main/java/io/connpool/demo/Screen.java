package io.connpool.demo;

import java.time.Duration;
import java.util.List;

/** Where people watch the show. Any thread may use it. */
interface Screen extends AutoCloseable {

  /** How often it wants to be shown something. */
  Duration pace();

  /** Shows the lanes as they are. */
  void show(Duration elapsed, List<Lane.Look> lanes);

  /** Says that something happened; what a pool did about it begins with an arrow, {@code ->}. */
  void announce(Duration elapsed, String event);

  /** Leaves the terminal as it was found. */
  @Override
  void close();

  /** Shows nothing: for those who want the summary only. */
  static Screen dark() {
    return new Screen() {
      @Override
      public Duration pace() {
        return Duration.ofSeconds(1);
      }

      @Override
      public void show(Duration elapsed, List<Lane.Look> lanes) {}

      @Override
      public void announce(Duration elapsed, String event) {}

      @Override
      public void close() {}
    };
  }
}
