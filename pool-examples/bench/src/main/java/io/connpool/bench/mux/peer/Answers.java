package io.connpool.bench.mux.peer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * The workload of the ancestor: to "time" the answer is a date of 26 characters. Anything else is
 * answered with itself.
 */
public final class Answers {
  private static final byte[] TIME = "time".getBytes(US_ASCII);

  /** As {@code date} would print it; made once, because formatting is not what is measured. */
  private static final byte[] DATE = "Wed Nov 25 12:00:00 UTC 26".getBytes(US_ASCII);

  private Answers() {}

  /**
   * The question of the ancestor.
   *
   * @return a copy
   */
  public static byte[] time() {
    return TIME.clone();
  }

  /**
   * What a server answers.
   *
   * @param request what was asked
   * @return the answer
   */
  public static byte[] to(byte[] request) {
    return Arrays.equals(request, TIME) ? DATE.clone() : request;
  }

  /**
   * Whether this is the answer to that.
   *
   * @param request what was asked; larger ones have a number in front that tells them apart
   * @param answer what came
   * @return true if it is
   */
  public static boolean isTo(byte[] request, byte[] answer) {
    if (request.length == TIME.length) {
      return answer.length == DATE.length && answer[0] == DATE[0];
    }
    return answer.length == request.length
        && Arrays.equals(request, 0, Long.BYTES, answer, 0, Long.BYTES);
  }
}
