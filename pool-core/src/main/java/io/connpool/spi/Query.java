package io.connpool.spi;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The options of a URI, and which of them somebody has asked for. Not thread safe: a URI is read by
 * the one thread that describes a pool.
 */
final class Query {
  static final String MASK = "***";

  private static final Pattern SECRET =
      Pattern.compile("secret|password|passphrase|token", Pattern.CASE_INSENSITIVE);

  private final Map<String, String> values = new LinkedHashMap<>();

  /** What was asked for, whether or not it is there: the name and what it takes. */
  private final Map<String, String> known = new TreeMap<>();

  private final String where;

  /**
   * Reads the part behind the question mark.
   *
   * @param raw as in the URI, or null if there is none
   * @param where the URI up to the question mark, without secrets, for messages
   */
  Query(@Nullable String raw, String where) {
    this.where = where;
    if (raw == null || raw.isEmpty()) {
      return;
    }
    for (String part : raw.split("&", -1)) {
      int equals = part.indexOf('=');
      String name = decoded(equals < 0 ? part : part.substring(0, equals));
      if (equals <= 0) {
        throw new BadUriException(
            "option \"" + name + "\" of " + where + " must be written as name=value");
      }
      if (values.putIfAbsent(name, decoded(part.substring(equals + 1))) != null) {
        throw new BadUriException("option " + name + " of " + where + " is there twice");
      }
    }
  }

  /** Percent escapes only: a plus is a plus in a URI, other than in a form. */
  private static String decoded(String raw) {
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  <T> Optional<T> get(String name, String takes, OptionText.Reader<T> reader) {
    known.put(name, takes);
    String text = values.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(reader.read(text));
    } catch (OptionText.Unreadable unreadable) {
      throw new BadUriException(
          "option %s of %s must be %s, but is \"%s\""
              .formatted(name, where, unreadable.getMessage(), masked(name, text)));
    }
  }

  /** What has been asked for so far. */
  Collection<String> known() {
    return List.copyOf(known.keySet());
  }

  void rejectUnknown() {
    List<String> unknown =
        values.keySet().stream().filter(name -> !known.containsKey(name)).toList();
    if (!unknown.isEmpty()) {
      throw new BadUriException(
          "unknown option%s %s of %s; there are: %s"
              .formatted(
                  unknown.size() == 1 ? "" : "s",
                  String.join(", ", unknown),
                  where,
                  known.isEmpty() ? "none" : described()));
    }
  }

  private String described() {
    return known.entrySet().stream()
        .map(option -> option.getKey() + " (" + option.getValue() + ")")
        .collect(Collectors.joining(", "));
  }

  private static String masked(String name, String text) {
    return SECRET.matcher(name).find() ? MASK : text;
  }

  /** As in the URI, but decoded, and without secrets. */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(option -> option.getKey() + "=" + masked(option.getKey(), option.getValue()))
        .collect(Collectors.joining("&", values.isEmpty() ? "" : "?", ""));
  }
}
