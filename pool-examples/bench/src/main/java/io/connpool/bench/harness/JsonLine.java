package io.connpool.bench.harness;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One result: a flat JSON object on one line. Values are strings, numbers and booleans. Can be read
 * back, for that is how a measuring JVM reports to the one that compares.
 */
public final class JsonLine {
  private static final Pattern FIELD =
      Pattern.compile("\\G[{,]\"(\\w+)\":(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^,{}\"]+))");

  private final Map<String, Object> fields = new LinkedHashMap<>();

  /**
   * Adds a field, or replaces it.
   *
   * @param name its name
   * @param value a String, Boolean, Integer, Long or finite Double
   * @return this
   */
  public JsonLine with(String name, Object value) {
    fields.put(name, value);
    return this;
  }

  /**
   * A field as text.
   *
   * @param name its name
   * @return null if there is none
   */
  public @Nullable String text(String name) {
    Object value = fields.get(name);
    return value == null || value instanceof String ? (String) value : plain(value);
  }

  /**
   * A field as a number.
   *
   * @param name its name
   * @return empty if there is none
   */
  public OptionalDouble number(String name) {
    return fields.get(name) instanceof Number value
        ? OptionalDouble.of(value.doubleValue())
        : OptionalDouble.empty();
  }

  /**
   * Reads a line that {@link #toString} wrote.
   *
   * @param line the line
   * @return what it says
   * @throws IllegalArgumentException if it is no such line
   */
  public static JsonLine parse(String line) {
    JsonLine result = new JsonLine();
    Matcher field = FIELD.matcher(line);
    int end = 0;
    while (field.find()) {
      String text = field.group(2);
      result.with(field.group(1), text == null ? literal(field.group(3)) : text.translateEscapes());
      end = field.end();
    }
    if (end == 0 || !line.substring(end).equals("}")) {
      throw new IllegalArgumentException("not a flat JSON object: " + line);
    }
    return result;
  }

  private static Object literal(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> Double.valueOf(text);
    };
  }

  /** The line, without a line end. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder("{");
    fields.forEach(
        (name, value) -> {
          line.append(line.length() > 1 ? "," : "").append('"').append(name).append("\":");
          line.append(value instanceof String text ? quoted(text) : plain(value));
        });
    return line.append('}').toString();
  }

  /** The same for people: a field a line. */
  public String indented() {
    StringBuilder lines = new StringBuilder();
    fields.forEach(
        (name, value) ->
            lines.append(
                "%-14s%s%n".formatted(name, value instanceof String ? value : plain(value))));
    return lines.toString().stripTrailing();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  private static String plain(Object value) {
    if (!(value instanceof Double number)) {
      return value.toString();
    }
    if (number.isNaN() || number.isInfinite()) {
      throw new IllegalArgumentException("JSON has no " + number);
    }
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString(number.longValue())
        : String.format(Locale.ROOT, "%.4f", number);
  }
}
