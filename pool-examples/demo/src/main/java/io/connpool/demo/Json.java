package io.connpool.demo;

import java.util.Collection;
import java.util.Locale;
import java.util.StringJoiner;

/** One JSON object, written in the order in which its members are added. */
final class Json {
  private final StringJoiner members = new StringJoiner(",", "{", "}");

  Json add(String name, long value) {
    return member(name, Long.toString(value));
  }

  /** With three digits behind the point. */
  Json add(String name, double value) {
    return member(name, String.format(Locale.ROOT, "%.3f", value));
  }

  Json add(String name, String value) {
    return member(name, quoted(value));
  }

  Json add(String name, Collection<Json> values) {
    StringJoiner array = new StringJoiner(",", "[", "]");
    values.forEach(value -> array.add(value.toString()));
    return member(name, array.toString());
  }

  private Json member(String name, String json) {
    members.add(quoted(name) + ":" + json);
    return this;
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char one = text.charAt(i);
      if (one == '"' || one == '\\') {
        quoted.append('\\').append(one);
      } else if (one < ' ') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) one));
      } else {
        quoted.append(one);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return members.toString();
  }
}
