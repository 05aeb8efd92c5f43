package io.connpool.demo;

import io.connpool.AcquireTimeoutException;
import io.connpool.DialException;
import io.connpool.PoolException;
import io.connpool.Verdict.Retry;
import io.connpool.mux.MuxException;
import io.connpool.thrift.ThriftCallException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.apache.thrift.transport.TTransportException;

/**
 * What went wrong with a request, and whether the server may have seen it: all that a caller needs
 * to know before it sends the request again.
 */
record FailureKind(String what, Retry retry) {

  /** What must never be. */
  static final String WRONG = "wrong answer";

  static final Comparator<FailureKind> BY_NAME = Comparator.comparing(FailureKind::what);

  /** Sorts out what {@link Client#ask} threw. */
  static FailureKind of(Throwable failure) {
    if (failure instanceof DialException) {
      return new FailureKind(ofDial(failure.getCause()), Retry.NOT_SENT);
    }
    if (failure instanceof AcquireTimeoutException late) {
      String phase = late.phase().name().toLowerCase(Locale.ROOT);
      return new FailureKind("no connection in time (" + phase + ")", Retry.NOT_SENT);
    }
    if (failure instanceof PoolException) {
      return new FailureKind(failure.getClass().getSimpleName(), Retry.NOT_SENT);
    }
    if (failure instanceof MuxException mux) {
      String reason = mux.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ');
      return new FailureKind("mux: " + reason, sent(!mux.delivery().isSafeToRetry()));
    }
    if (failure instanceof ThriftCallException call) {
      return call.getCause() instanceof PoolException noConnection
          ? of(noConnection)
          : new FailureKind("thrift: " + ofThrift(call), sent(call.maybeProcessed()));
    }
    return new FailureKind(ofExchange(failure), Retry.MAYBE_SENT);
  }

  private static Retry sent(boolean maybe) {
    return maybe ? Retry.MAYBE_SENT : Retry.NOT_SENT;
  }

  private static String ofThrift(ThriftCallException call) {
    return switch (call.getType()) {
      case TTransportException.TIMED_OUT -> "no answer in time";
      case TTransportException.END_OF_FILE -> "connection closed by the server";
      case TTransportException.NOT_OPEN -> "no connection";
      default -> "connection reset";
    };
  }

  private static String ofDial(Throwable cause) {
    if (cause instanceof ConnectException) {
      return "dial refused";
    }
    if (cause instanceof SocketTimeoutException || cause instanceof TimeoutException) {
      return "dial timed out";
    }
    return "dial: " + ofExchange(cause);
  }

  private static String ofExchange(Throwable failure) {
    if (failure instanceof Echo.WrongAnswer) {
      return WRONG;
    }
    if (failure instanceof SocketTimeoutException) {
      return "no answer in time";
    }
    if (failure instanceof EOFException) {
      return "connection closed by the server";
    }
    // Reading through a socket gives the first of these, writing to a channel the second.
    if (failure instanceof SocketException || failure.getClass() == IOException.class) {
      return "connection reset";
    }
    return failure.getClass().getSimpleName();
  }

  /** For people. */
  String wasSent() {
    return retry == Retry.NOT_SENT ? "not sent" : "may have been sent";
  }
}
