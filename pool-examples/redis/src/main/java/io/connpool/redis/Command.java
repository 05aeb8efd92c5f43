package io.connpool.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A command with its arguments, as Redis takes it. Immutable; any thread may use it. */
public final class Command {
  private static final byte[] LINE_END = {'\r', '\n'};

  private final String name;
  private final List<byte[]> arguments;

  private Command(String name, List<byte[]> arguments) {
    this.name = name;
    this.arguments = arguments;
  }

  /**
   * A command.
   *
   * @param name such as {@code GET}, in any case; one word
   * @param arguments texts (sent as UTF-8), whole numbers and byte arrays (copied)
   * @return the command
   * @throws IllegalArgumentException if the name is none or an argument is of another type
   */
  public static Command of(String name, Object... arguments) {
    if (!name.matches("\\p{Alnum}[\\p{Alnum}._-]*")) {
      throw new IllegalArgumentException("name must be one word, was \"" + name + "\"");
    }
    List<byte[]> encoded = new ArrayList<>(arguments.length);
    for (Object argument : arguments) {
      encoded.add(bytesOf(argument));
    }
    return new Command(name.toUpperCase(Locale.ROOT), encoded);
  }

  private static byte[] bytesOf(Object argument) {
    if (argument instanceof CharSequence text) {
      return text.toString().getBytes(UTF_8);
    }
    if (argument instanceof Integer || argument instanceof Long) {
      return argument.toString().getBytes(US_ASCII);
    }
    if (argument instanceof byte[] bytes) {
      return bytes.clone();
    }
    throw new IllegalArgumentException(
        "arguments must be texts, whole numbers or byte arrays, one was "
            + (argument == null ? "null" : "a " + argument.getClass().getName()));
  }

  /**
   * What it does.
   *
   * @return the name, in upper case
   */
  public String name() {
    return name;
  }

  /** The first argument as a word in upper case, for those that are commands of their own. */
  String subcommand() {
    return arguments.isEmpty() ? "" : new String(arguments.get(0), UTF_8).toUpperCase(Locale.ROOT);
  }

  /** Adds what goes over the wire: an array of byte strings. */
  void writeTo(ByteArrayOutputStream out) {
    writeLength(out, '*', 1 + arguments.size());
    writeBytes(out, name.getBytes(US_ASCII));
    arguments.forEach(argument -> writeBytes(out, argument));
  }

  private static void writeBytes(ByteArrayOutputStream out, byte[] bytes) {
    writeLength(out, '$', bytes.length);
    out.writeBytes(bytes);
    out.writeBytes(LINE_END);
  }

  private static void writeLength(ByteArrayOutputStream out, char type, int length) {
    out.write(type);
    out.writeBytes(Integer.toString(length).getBytes(US_ASCII));
    out.writeBytes(LINE_END);
  }

  /** For messages: without the arguments, which may be secret. */
  @Override
  public String toString() {
    return name + " with " + arguments.size() + " arguments";
  }
}
