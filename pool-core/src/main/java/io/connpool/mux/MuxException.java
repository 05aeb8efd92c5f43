package io.connpool.mux;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A call over a multiplexed connection failed. {@link #delivery()} says what the peer may know of
 * it, {@link #reason()} what happened.
 */
public final class MuxException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What is known about a request that failed. */
  public enum Delivery {
    /** The peer has not got it and will not. Sending it again is safe. */
    NOT_SENT,
    /** The peer has got it and has not run it. Sending it again, here or elsewhere, is safe. */
    REFUSED,
    /** The peer may have run it, may be running it, or may run it yet. */
    MAYBE_SENT,
    /** The peer has run it, and the answer is a failure. */
    ANSWERED;

    /**
     * Whether the same request may be sent again without running twice.
     *
     * @return true for {@link #NOT_SENT} and {@link #REFUSED}
     */
    public boolean isSafeToRetry() {
      return this == NOT_SENT || this == REFUSED;
    }
  }

  /** What happened. */
  public enum Reason {
    /** No answer came in time, or no place became free in time. */
    TIMEOUT,
    /** A limit of this end was reached, and the options say to fail then. */
    FULL,
    /** The request is larger than the peer accepts. */
    TOO_LARGE,
    /** The connection is closed, has failed, or is being drained by either end. */
    CLOSED,
    /** The peer does not run it: it is full, going away, has no handler, or came to it too late. */
    REFUSED_BY_PEER,
    /** The peer's handler failed; the message is the peer's. */
    HANDLER_FAILED,
    /** The peer broke the protocol; the connection is closed. */
    PROTOCOL_ERROR
  }

  /** What the peer may know. */
  private final Delivery delivery;

  /** What happened. */
  private final Reason reason;

  MuxException(Reason reason, Delivery delivery, String message, @Nullable Throwable cause) {
    super(message + " (" + delivery + ")", cause);
    this.reason = reason;
    this.delivery = delivery;
  }

  /**
   * What the peer may know of the request.
   *
   * @return the verdict
   */
  public Delivery delivery() {
    return delivery;
  }

  /**
   * What happened.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
