package io.connpool.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts replies out of a stream of bytes: RESP, version 2. Trusts nothing it reads: a length is
 * checked before anything is allocated for it. Used by one thread at a time.
 */
final class ReplyReader {

  /** What Redis itself allows for one value ({@code proto-max-bulk-len}). */
  static final int MOST_BYTES = 512 * 1024 * 1024;

  /** Statuses and errors are lines; the longest that Redis writes have a few hundred bytes. */
  static final int LONGEST_LINE = 64 * 1024;

  /** Replies of scripts and of {@code COMMAND} are nested less than ten deep. */
  static final int DEEPEST = 64;

  /** Most replies fit, and a connection that is idle keeps little memory. */
  private static final int BUFFER = 8 * 1024;

  /** A list or a value grows with what really arrives, not with what was announced. */
  private static final int FIRST_PIECE = 64 * 1024;

  /** Where the bytes come from. */
  @FunctionalInterface
  interface Source {
    /** As {@link io.connpool.net.Wire#read}. */
    int read(ByteBuffer into) throws IOException;
  }

  private final Source source;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);

  ReplyReader(Source source) {
    this.source = source;
  }

  /** Whether bytes were read that belong to no reply so far. */
  boolean isEmpty() {
    return !buffer.hasRemaining();
  }

  /** Waits for one reply and reads it to its end. */
  Reply next() throws IOException {
    return next(0);
  }

  private Reply next(int depth) throws IOException {
    byte type = nextByte();
    // Before its line: what is no reply need not have one, and would be waited for.
    if ("+-:$*".indexOf(type) < 0) {
      throw new ProtocolException(
          "a reply must begin with one of + - : $ * but begins with 0x%02x".formatted(type));
    }
    String line = line();
    return switch (type) {
      case '+' -> Reply.text(line);
      case '-' -> Reply.error(line);
      case ':' -> Reply.integer(number(line));
      case '$' -> value(length(line, MOST_BYTES));
      default -> list(length(line, Integer.MAX_VALUE), depth + 1);
    };
  }

  private Reply value(int length) throws IOException {
    if (length < 0) {
      return Reply.nil();
    }
    byte[] bytes = new byte[Math.min(length, FIRST_PIECE)];
    int filled = 0;
    while (filled < length) {
      if (filled == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * filled));
      }
      int count = Math.min(available(), bytes.length - filled);
      buffer.get(bytes, filled, count);
      filled += count;
    }
    if (nextByte() != '\r' || nextByte() != '\n') {
      throw new ProtocolException("a value of " + length + " bytes does not end with its line");
    }
    return Reply.bytes(bytes);
  }

  private Reply list(int length, int depth) throws IOException {
    if (length < 0) {
      return Reply.nil();
    }
    if (depth > DEEPEST) {
      throw new ProtocolException("a reply is nested more than " + DEEPEST + " deep");
    }
    List<Reply> replies = new ArrayList<>(Math.min(length, FIRST_PIECE));
    for (int i = 0; i < length; i++) {
      replies.add(next(depth));
    }
    return Reply.list(replies);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(32);
    for (byte one = nextByte(); one != '\r'; one = nextByte()) {
      if (line.size() == LONGEST_LINE) {
        throw new ProtocolException("a line of a reply is longer than " + LONGEST_LINE + " bytes");
      }
      line.write(one);
    }
    if (nextByte() != '\n') {
      throw new ProtocolException("a line of a reply does not end with \\r\\n");
    }
    return line.toString(UTF_8);
  }

  private static long number(String line) throws ProtocolException {
    try {
      return Long.parseLong(line);
    } catch (NumberFormatException none) {
      throw new ProtocolException("a reply has \"" + line + "\" where a number must be");
    }
  }

  /** Or -1, which stands for nil. */
  private static int length(String line, int most) throws ProtocolException {
    long length = number(line);
    if (length < -1 || length > most) {
      throw new ProtocolException(
          "a length in a reply must be -1 to " + most + ", but is " + length);
    }
    return (int) length;
  }

  private byte nextByte() throws IOException {
    available();
    return buffer.get();
  }

  /** Waits for at least one byte. */
  private int available() throws IOException {
    if (!buffer.hasRemaining()) {
      buffer.clear();
      try {
        if (source.read(buffer) < 0) {
          throw new EOFException("the server closed the connection");
        }
      } finally {
        buffer.flip();
      }
    }
    return buffer.remaining();
  }
}
