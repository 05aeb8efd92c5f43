package io.connpool.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  /** With its unit: 1 call, 2 calls. */
  static String count(long value, String unit) {
    return count(value) + " " + unit + (value == 1 ? "" : "s");
  }

  static String seconds(Duration value) {
    return format("%4.1f s", value.toMillis() / 1e3);
  }

  static String millis(Duration value) {
    return format("%,d ms", value.toMillis());
  }

  /** Broken between words, so that no line is longer, as far as words are not. */
  static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  static String perSecond(long value, Duration interval) {
    return count(Math.round(value * 1e9 / Math.max(1, interval.toNanos())));
  }

  static String latency(Tally.Answered answered, double millis) {
    return answered.count() == 0 ? "-" : format("%,.2f ms", millis);
  }
}
