package io.connpool.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;

/**
 * What Redis answered to one command. Immutable; any thread may use it.
 *
 * <p>Every getter throws the {@link RedisException} if the answer is an error, so in a pipeline an
 * error is noticed where its own answer is read, and {@link IllegalStateException} if the answer is
 * of another kind, nil included.
 */
public final class Reply {

  /** What an answer can be. */
  enum Kind {
    TEXT,
    INTEGER,
    BYTES,
    NIL,
    LIST,
    ERROR
  }

  private final Kind kind;
  private final Object value;

  private Reply(Kind kind, Object value) {
    this.kind = kind;
    this.value = value;
  }

  static Reply text(String text) {
    return new Reply(Kind.TEXT, text);
  }

  static Reply integer(long number) {
    return new Reply(Kind.INTEGER, number);
  }

  static Reply bytes(byte[] bytes) {
    return new Reply(Kind.BYTES, bytes);
  }

  static Reply nil() {
    return new Reply(Kind.NIL, "nil");
  }

  static Reply list(List<Reply> replies) {
    return new Reply(Kind.LIST, List.copyOf(replies));
  }

  static Reply error(String message) {
    return new Reply(Kind.ERROR, message);
  }

  /**
   * The answer as text.
   *
   * @return a status such as {@code OK}, a number, or a value taken as UTF-8
   * @throws RedisException if it is an error
   */
  public String text() throws RedisException {
    return switch (orThrow().kind) {
      case BYTES -> new String((byte[]) value, UTF_8);
      case INTEGER -> value.toString();
      default -> (String) as(Kind.TEXT);
    };
  }

  /**
   * A value as it is.
   *
   * @return a copy
   * @throws RedisException if it is an error
   */
  public byte[] bytes() throws RedisException {
    return ((byte[]) orThrow().as(Kind.BYTES)).clone();
  }

  /**
   * A whole number.
   *
   * @return the number
   * @throws RedisException if it is an error
   */
  public long integer() throws RedisException {
    return (long) orThrow().as(Kind.INTEGER);
  }

  /**
   * The parts of an answer that has several.
   *
   * @return as they came; each may itself be an error
   * @throws RedisException if it is an error
   */
  @SuppressWarnings("unchecked") // made so by list()
  public List<Reply> list() throws RedisException {
    return (List<Reply>) orThrow().as(Kind.LIST);
  }

  /**
   * Whether there is no value, as for a key that does not exist.
   *
   * @return true for nil
   */
  public boolean isNil() {
    return kind == Kind.NIL;
  }

  /**
   * Whether the command failed.
   *
   * @return true if every getter would throw the error
   */
  public boolean isError() {
    return kind == Kind.ERROR;
  }

  /**
   * This reply, unless it is an error.
   *
   * @return this
   * @throws RedisException the error
   */
  public Reply orThrow() throws RedisException {
    if (isError()) {
      throw new RedisException((String) value);
    }
    return this;
  }

  private Object as(Kind wanted) {
    if (kind != wanted) {
      throw new IllegalStateException("the reply is not " + text(wanted) + " but " + this);
    }
    return value;
  }

  private static String text(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** For messages; of a value only its length, because it may be long or secret. */
  @Override
  public String toString() {
    return switch (kind) {
      case BYTES -> ((byte[]) value).length + " bytes";
      case LIST -> "list of " + ((List<?>) value).size();
      case NIL -> "nil";
      default -> text(kind) + " " + value;
    };
  }
}
