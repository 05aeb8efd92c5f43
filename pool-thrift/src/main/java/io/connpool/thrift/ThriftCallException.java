package io.connpool.thrift;

import io.connpool.Verdict;
import org.apache.thrift.transport.TTransportException;
import org.jspecify.annotations.Nullable;

/**
 * A call got no answer of its own. What the server did answer, declared exceptions and {@link
 * org.apache.thrift.TApplicationException}s included, comes as itself and never as this.
 *
 * <p>It stays a {@link TTransportException}, so that every generated signature holds and the code
 * that handles those goes on working; {@link #getType()} is the usual one. What is new is that it
 * says how far the call had come and whether it may have run.
 *
 * <p>With resilience4j: {@code
 * RetryConfig.custom().retryOnException(ThriftCallException::wasNotSent)}.
 */
public final class ThriftCallException extends TTransportException {
  private static final long serialVersionUID = 1L;

  /** How far a call had come. */
  public enum Phase {
    /** Getting a connection, its dial included. */
    ACQUIRE,
    /** Sending the request. */
    WRITE,
    /** Waiting for the answer, or reading it. */
    READ
  }

  /** How far the call had come. */
  private final Phase phase;

  /** Whether the server may have run it. */
  private final boolean maybeProcessed;

  /** What repeating it would mean. */
  private final Verdict.Retry retry;

  ThriftCallException(
      int type,
      String message,
      Phase phase,
      boolean maybeProcessed,
      Verdict.Retry retry,
      @Nullable Throwable cause) {
    super(type, message, cause);
    this.phase = phase;
    this.maybeProcessed = maybeProcessed;
    this.retry = retry;
  }

  /** The same failure of a call of which more is known: another part of it may have run. */
  ThriftCallException thatMayHaveRun() {
    if (maybeProcessed) {
      return this;
    }
    Verdict.Retry level = retry == Verdict.Retry.NEVER ? retry : Verdict.Retry.MAYBE_SENT;
    return new ThriftCallException(
        getType(), String.valueOf(getMessage()), phase, true, level, this);
  }

  /**
   * How far the call had come.
   *
   * @return the phase that failed
   */
  public Phase phase() {
    return phase;
  }

  /**
   * Whether the server may have run the call. False is certain: no complete request left.
   *
   * @return false only if the call did not run
   */
  public boolean maybeProcessed() {
    return maybeProcessed;
  }

  /**
   * What making the call again would mean.
   *
   * @return {@link Verdict.Retry#NOT_SENT} if it is always safe, {@link Verdict.Retry#MAYBE_SENT}
   *     if it is safe for an idempotent method, {@link Verdict.Retry#NEVER} if it would fail again
   *     or is not wanted (the caller was interrupted, the pool is closed)
   */
  public Verdict.Retry retry() {
    return retry;
  }

  /**
   * For retry policies: whether the call certainly did not run and may be made again.
   *
   * @param failure what a call threw
   * @return true for a failure of this class that says {@link Verdict.Retry#NOT_SENT}
   */
  public static boolean wasNotSent(Throwable failure) {
    return failure instanceof ThriftCallException call && call.retry == Verdict.Retry.NOT_SENT;
  }

  /**
   * For retry policies of idempotent methods: whether making the call again may help.
   *
   * @param failure what a call threw
   * @return true for a failure of this class that does not say {@link Verdict.Retry#NEVER}
   */
  public static boolean mayHelpToRepeat(Throwable failure) {
    return failure instanceof ThriftCallException call && call.retry != Verdict.Retry.NEVER;
  }
}
