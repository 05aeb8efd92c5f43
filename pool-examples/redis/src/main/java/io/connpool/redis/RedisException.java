package io.connpool.redis;

import java.io.IOException;

/**
 * Redis answered with an error. That is an answer: the connection is as good as before, unless
 * {@link RedisTransport#classify} knows better.
 */
public final class RedisException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * An answer.
   *
   * @param message the error as Redis wrote it, such as {@code ERR no such key}
   */
  RedisException(String message) {
    super(message);
  }

  /**
   * What kind of error it is.
   *
   * @return the first word, such as {@code ERR}, {@code WRONGTYPE}, {@code READONLY}
   */
  public String code() {
    return getMessage().split(" ", 2)[0];
  }
}
