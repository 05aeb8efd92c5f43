package io.connpool.thrift;

import io.connpool.Verdict;
import io.connpool.mux.MuxConnection;
import io.connpool.mux.MuxException;
import io.connpool.net.Deadline;
import java.time.Duration;
import java.util.Arrays;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.TException;
import org.apache.thrift.transport.TTransportException;
import org.jspecify.annotations.Nullable;

/**
 * Messages over a connection that many use at once: each request is one of the mux's, which brings
 * the answers to those who asked. The flush is the exchange; what is read comes from the answer.
 */
final class MuxMessages extends MessageTransport {
  /** Enough for a call with a few small arguments; the buffer lives for one use. */
  private static final int BUFFER = 256;

  private final MuxConnection connection;
  private @Nullable Deadline deadline;
  private @Nullable TApplicationException failureOfServer;

  MuxMessages(MuxConnection connection, WireState state, int maxMessageSize)
      throws TTransportException {
    super(state, BUFFER, 0, maxMessageSize);
    this.connection = connection;
  }

  /** Requests from now on wait until then. */
  void limit(Deadline value) {
    deadline = value;
  }

  @Override
  void send(byte[] request, int end) throws TTransportException {
    Duration left = deadline == null ? Duration.ZERO : deadline.remaining();
    state.sending();
    if (left.isZero()) {
      throw state.failed(
          TTransportException.TIMED_OUT,
          "the time was over before it was sent",
          false,
          Verdict.Retry.NOT_SENT,
          null);
    }
    byte[] message = Arrays.copyOf(request, end);
    try {
      if (state.isOneWay()) {
        connection.send(message, left);
      } else {
        in = connection.call(message, left);
      }
      state.sent();
    } catch (MuxException failure) {
      if (failure.delivery() != MuxException.Delivery.ANSWERED) {
        throw explained(failure);
      }
      failureOfServer =
          new TApplicationException(TApplicationException.INTERNAL_ERROR, failure.getMessage());
      state.sent();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw state.failed(
          TTransportException.UNKNOWN,
          "interrupted while waiting for the answer",
          true,
          Verdict.Retry.NEVER,
          interrupt);
    }
  }

  private ThriftCallException explained(MuxException failure) {
    boolean mayHaveRun = !failure.delivery().isSafeToRetry();
    int type = TTransportException.NOT_OPEN;
    Verdict.Retry retry = mayHaveRun ? Verdict.Retry.MAYBE_SENT : Verdict.Retry.NOT_SENT;
    switch (failure.reason()) {
      case TIMEOUT -> type = TTransportException.TIMED_OUT;
      case TOO_LARGE -> {
        type = TTransportException.MESSAGE_SIZE_LIMIT;
        retry = Verdict.Retry.NEVER; // it would be so again
      }
      case FULL -> retry = Verdict.Retry.NEVER; // whoever wants to wait has said so
      case CLOSED ->
          type = mayHaveRun ? TTransportException.END_OF_FILE : TTransportException.NOT_OPEN;
      case PROTOCOL_ERROR -> type = TTransportException.CORRUPTED_DATA;
      case REFUSED_BY_PEER, HANDLER_FAILED -> {}
    }
    return state.failed(type, String.valueOf(failure.getMessage()), mayHaveRun, retry, failure);
  }

  @Override
  void awaitAnswer() throws TException {
    TApplicationException failure = failureOfServer;
    if (failure != null) {
      failureOfServer = null;
      state.answered();
      throw failure;
    }
    inPos = 0;
    inEnd = in.length;
    if (inEnd > maxMessageSize) {
      throw state.tooLarge(inEnd, maxMessageSize);
    }
    state.answerBegins();
  }

  @Override
  int available() {
    return inEnd - inPos;
  }

  @Override
  void refill() throws TTransportException {
    throw state.garbled("the answer ends too early");
  }

  /** A size that the answer cannot hold is a lie, and nothing must be allocated for it. */
  @Override
  public void checkReadBytesAvailable(long wanted) throws TTransportException {
    if (wanted < 0 || wanted > available()) {
      throw state.garbled(
          "something in the answer claims %,d bytes, it has %,d left"
              .formatted(wanted, available()));
    }
  }

  @Override
  public boolean isOpen() {
    return connection.isOpen();
  }

  /** The connection is other callers' too; the pool closes it. */
  @Override
  public void close() {}
}
