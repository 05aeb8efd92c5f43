package io.connpool.internal;

/** Bytes from a peer as text that can go into a log: one line, nothing but printable ASCII. */
final class Printable {
  /** Enough for any greeting or complaint, too little to fill a log. */
  static final int MOST_BYTES = 256;

  private Printable() {}

  /** The first bytes, escaped as in a Java string where that has an escape, else as hex. */
  static String of(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(bytes.length, MOST_BYTES); i++) {
      append(text, bytes[i]);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, byte value) {
    switch (value) {
      case '\n' -> text.append("\\n");
      case '\r' -> text.append("\\r");
      case '\t' -> text.append("\\t");
      case '"' -> text.append("\\\"");
      case '\\' -> text.append("\\\\");
      default -> {
        if (value >= ' ' && value < 0x7F) {
          text.append((char) value);
        } else {
          text.append("\\x%02x".formatted(value));
        }
      }
    }
  }
}
