package io.connpool;

import java.util.Objects;

/**
 * What a failure means, in three independent answers.
 *
 * @param fate what becomes of the connection
 * @param retry whether the request may safely be sent again
 * @param blame whose fault it is
 */
public record Verdict(Fate fate, Retry retry, Blame blame) {

  /** The connection is as good as before: the failure was an answer. */
  public static final Verdict KEEP = new Verdict(Fate.KEEP, Retry.NEVER, Blame.CALLER);

  /** The connection finishes what it has begun and is not lent again. */
  public static final Verdict RETIRE = new Verdict(Fate.RETIRE, Retry.NEVER, Blame.ENDPOINT);

  /** The connection is closed; the request may or may not have reached the peer. */
  public static final Verdict CLOSE = new Verdict(Fate.CLOSE, Retry.MAYBE_SENT, Blame.ENDPOINT);

  /**
   * A verdict of these three answers.
   *
   * @param fate not null
   * @param retry not null
   * @param blame not null
   */
  public Verdict {
    Objects.requireNonNull(fate, "fate");
    Objects.requireNonNull(retry, "retry");
    Objects.requireNonNull(blame, "blame");
  }

  /** What becomes of a connection after a failure. */
  public enum Fate {
    /** It goes back to the pool. */
    KEEP,
    /** It is closed when its last lease ends. */
    RETIRE,
    /** It is closed now. */
    CLOSE
  }

  /** What is known about the request that failed. */
  public enum Retry {
    /** It never left: sending it again is always safe. */
    NOT_SENT,
    /** It may have reached the peer: only an idempotent request may be sent again. */
    MAYBE_SENT,
    /** Sending it again cannot help. */
    NEVER
  }

  /** Who caused a failure. */
  public enum Blame {
    /** The peer or the way to it. */
    ENDPOINT,
    /** This machine: out of files, out of ports, out of memory. */
    LOCAL,
    /** The code that used the connection. */
    CALLER
  }
}
