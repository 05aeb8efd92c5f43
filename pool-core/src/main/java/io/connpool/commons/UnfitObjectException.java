package io.connpool.commons;

import org.jspecify.annotations.Nullable;

/** A factory made an object that it could not, or would not, make ready for use. */
final class UnfitObjectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnfitObjectException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
