package io.connpool.regression;

import io.connpool.WhenExhausted;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import java.util.Arrays;
import java.util.stream.Stream;

/** One cell of the failure matrix: what a function of a transport does, under which policy. */
record FailureCase(Function function, Step step, WhenExhausted policy) {
  static Stream<FailureCase> all() {
    return Arrays.stream(Function.values())
        .flatMap(f -> Arrays.stream(Step.values()).map(s -> new FailureCase(f, s, null)))
        .flatMap(c -> Stream.of(WhenExhausted.values()).map(c::under));
  }

  FailureCase under(WhenExhausted value) {
    return new FailureCase(function, step, value);
  }

  boolean spoilsDials() {
    return function != Function.CLOSE;
  }

  /** The call throws, or returns what counts as a failure. */
  boolean fails() {
    return switch (step) {
      case THROW, THROW_ERROR -> true;
      case NULL -> function == Function.DIAL;
      default -> false;
    };
  }

  boolean hangs() {
    return step == Step.HANG || step == Step.HANG_DEAF;
  }

  boolean takesLong() {
    return hangs() || step == Step.SLOW;
  }

  boolean isDeaf() {
    return step == Step.HANG_DEAF;
  }

  @Override
  public String toString() {
    return function + " " + step + " " + policy;
  }
}
