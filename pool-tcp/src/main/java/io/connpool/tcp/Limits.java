package io.connpool.tcp;

import java.time.Duration;
import java.util.Objects;

/** Arguments that have a least value. */
final class Limits {
  private Limits() {}

  static Duration positive(Duration value) {
    return positive("limit", value);
  }

  static Duration positive(String what, Duration value) {
    if (Objects.requireNonNull(value, what).isNegative() || value.isZero()) {
      throw new IllegalArgumentException(what + " must be more than zero, but is " + value);
    }
    return value;
  }

  static int positive(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " must be 1 or more, but is " + value);
    }
    return value;
  }

  static int notNegative(String what, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(what + " must be 0 or more, but is " + value);
    }
    return value;
  }
}
