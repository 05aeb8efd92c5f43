package io.connpool.demo;

import java.time.Duration;
import java.util.Locale;

/** Figures as people read them, the same in every country. */
final class Text {
  private Text() {}

  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  static String count(long value) {
    return format("%,d", value);
  }

  static String seconds(Duration value) {
    return format("%4.1f s", value.toMillis() / 1e3);
  }

  static String millis(Duration value) {
    return format("%,d ms", value.toMillis());
  }

  static String perSecond(long value, Duration interval) {
    return count(Math.round(value * 1e9 / Math.max(1, interval.toNanos())));
  }

  static String p99(Tally.Answered answered) {
    return answered.count() == 0 ? "-" : format("%,.2f ms", answered.p99Millis());
  }
}
