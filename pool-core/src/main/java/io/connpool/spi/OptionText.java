package io.connpool.spi;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Values as they are written in a URI. Each method throws if the text is none. */
final class OptionText {
  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,18})([a-z]*)");

  private static final Map<String, Duration> TIME_UNITS =
      Map.of(
          "ns", Duration.ofNanos(1),
          "us", Duration.ofNanos(1_000),
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  private static final Map<String, Long> SIZE_UNITS =
      Map.of("", 1L, "k", 1L << 10, "m", 1L << 20, "g", 1L << 30);

  private OptionText() {}

  /** A value that is not what its option needs; the message says what that is. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String expected) {
      super(expected);
    }
  }

  /** Reads the text of an option. */
  @FunctionalInterface
  interface Reader<T> {
    T read(String text) throws Unreadable;
  }

  static Integer integer(String text) throws Unreadable {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException notOne) {
      throw new Unreadable("a whole number");
    }
  }

  static Boolean flag(String text) throws Unreadable {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new Unreadable("true or false");
    };
  }

  /** {@code 0}, {@code 250ms}, {@code 5s}. */
  static Duration duration(String text) throws Unreadable {
    Matcher parts = NUMBER_AND_UNIT.matcher(text);
    if (parts.matches()) {
      long number = Long.parseLong(parts.group(1));
      Duration unit = TIME_UNITS.get(parts.group(2));
      if (number == 0 && parts.group(2).isEmpty()) {
        return Duration.ZERO;
      }
      try {
        if (unit != null) {
          return unit.multipliedBy(number);
        }
      } catch (ArithmeticException beyondAllTime) {
        throw new Unreadable("a duration that a clock can measure");
      }
    }
    throw new Unreadable("a duration with its unit (ns, us, ms, s, m, h or d), such as 250ms");
  }

  /** {@code 512}, {@code 64k}, {@code 1m}. */
  static Long bytes(String text) throws Unreadable {
    Matcher parts = NUMBER_AND_UNIT.matcher(text.toLowerCase(Locale.ROOT));
    Long unit = parts.matches() ? SIZE_UNITS.get(parts.group(2)) : null;
    if (unit == null) {
      throw new Unreadable("a number of bytes, with k, m or g for powers of 1024, such as 64k");
    }
    try {
      return Math.multiplyExact(Long.parseLong(parts.group(1)), unit);
    } catch (ArithmeticException tooMany) {
      throw new Unreadable("a number of bytes below 2^63");
    }
  }

  /** A constant in any case, with {@code -} for {@code _}. */
  static <E extends Enum<E>> E choice(String text, Class<E> type) throws Unreadable {
    for (E constant : type.getEnumConstants()) {
      if (written(constant).equals(text.toLowerCase(Locale.ROOT).replace('_', '-'))) {
        return constant;
      }
    }
    throw new Unreadable("one of " + choices(type));
  }

  static <E extends Enum<E>> String choices(Class<E> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(OptionText::written)
        .collect(Collectors.joining(", "));
  }

  private static String written(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
