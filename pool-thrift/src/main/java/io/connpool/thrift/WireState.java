package io.connpool.thrift;

import io.connpool.Verdict;
import io.connpool.thrift.ThriftCallException.Phase;
import java.nio.channels.ClosedByInterruptException;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TTransportException;
import org.jspecify.annotations.Nullable;

/**
 * What has passed over one connection, and with it the only reliable answer to two questions: may
 * the connection be used again, and may the call have run? Exceptions cannot tell: they get
 * wrapped, swallowed, and thrown by code that never touched the wire.
 *
 * <pre>
 * REST -> WRITING -> SENDING -> SENT -> READING -> REST
 *           |           |         |        |
 *         abort: REST   +---- BROKEN ------+        one-way: SENDING -> REST
 * </pre>
 *
 * <p>Sequence ids count per connection and are never used twice, whichever client, service or lease
 * sends: the late answer of one call can never pass for the answer of another. Belongs to one
 * thread at a time, like the connection.
 */
final class WireState {
  private enum State {
    /** Nothing is under way. */
    REST,
    /** A message is being put together; nothing of it has left. */
    WRITING,
    /** It is leaving. */
    SENDING,
    /** It has left; the answer has not begun. */
    SENT,
    /** The answer has begun. */
    READING,
    /** What is in the connection is unknown; nothing can change that. */
    BROKEN
  }

  private final String endpoint;
  private State state = State.REST;
  private int sequence;

  // The message under way, or the last one.
  private String method = "";
  private String wireName = "";
  private byte type;
  private int idOfClient;
  private boolean left;

  private int messagesSentInLoan;
  private boolean answeredBefore;
  private boolean peerGone;

  WireState(String endpoint) {
    this(endpoint, 0);
  }

  /**
   * @param sequence the first message has the id after it
   */
  WireState(String endpoint, int sequence) {
    this.endpoint = endpoint;
    this.sequence = sequence;
  }

  // --- the loan ---

  void loanBegins() {
    messagesSentInLoan = 0;
  }

  /** Whether anything has left since {@link #loanBegins}. */
  boolean sentInLoan() {
    return messagesSentInLoan > 0;
  }

  /** Whether it is at rest, or will be once a half-written message is forgotten. */
  boolean isSound() {
    return isAtRest() || isHalfWritten();
  }

  /** Whether every message has been answered completely. */
  boolean isAtRest() {
    return state == State.REST;
  }

  /** Whether a message was begun and nothing of it has left. */
  boolean isHalfWritten() {
    return state == State.WRITING;
  }

  /** Whether the connection broke because the other side ended it. */
  boolean isPeerGone() {
    return peerGone;
  }

  /** Whether the message under way, or the last one, wants no answer. */
  boolean isOneWay() {
    return type == TMessageType.ONEWAY;
  }

  // --- a message on its way out ---

  /** A client begins a message: what goes over the wire instead of the client's own header. */
  TMessage outgoing(TMessage message, String prefix) throws TException {
    if (state != State.REST) {
      throw new ThriftCallException(
          TTransportException.NOT_OPEN,
          "%s to %s cannot begin: %s on the same connection has not been answered"
              .formatted(message.name, endpoint, method),
          Phase.WRITE,
          false,
          Verdict.Retry.NEVER,
          null);
    }
    state = State.WRITING;
    method = message.name;
    wireName = prefix.isEmpty() ? method : prefix + method;
    type = message.type;
    idOfClient = message.seqid;
    left = false;
    return new TMessage(wireName, type, ++sequence);
  }

  /** Nothing of the message has left and nothing will. */
  void aborted() {
    state = State.REST;
  }

  void sending() {
    state = State.SENDING;
  }

  void sent() {
    left = true;
    messagesSentInLoan++;
    state = type == TMessageType.ONEWAY ? State.REST : State.SENT;
  }

  // --- an answer on its way in ---

  boolean awaitsAnswer() {
    return state == State.SENT;
  }

  void answerBegins() {
    state = State.READING;
  }

  /**
   * A header has come in. The id is looked at first, then the name, then the kind of answer, so
   * that nothing of somebody else's answer, its exception included, is taken for this call's.
   *
   * @return the header as the client expects it, with the client's own id
   * @throws TApplicationException what the server answered, read to its end
   */
  TMessage incoming(TMessage message, TProtocol protocol) throws TException {
    if (message.seqid != sequence) {
      throw notOurs(
          TApplicationException.BAD_SEQUENCE_ID,
          "the answer has id " + message.seqid + " instead of " + sequence);
    }
    if (!message.name.equals(method) && !message.name.equals(wireName)) {
      throw notOurs(TApplicationException.WRONG_METHOD_NAME, "the answer is to " + message.name);
    }
    if (message.type == TMessageType.EXCEPTION) {
      TApplicationException failure = TApplicationException.readFrom(protocol);
      protocol.readMessageEnd();
      if (leavesServerOutOfStep(failure.getType())) {
        state = State.BROKEN;
      }
      throw failure;
    }
    if (message.type != TMessageType.REPLY) {
      throw notOurs(
          TApplicationException.INVALID_MESSAGE_TYPE, "the answer has type " + message.type);
    }
    return new TMessage(message.name, message.type, idOfClient);
  }

  /**
   * Servers give these when they could not read the request. Apache's then take the rest of it,
   * still in their buffers, for the next request: that one is never answered, or the connection is
   * closed.
   */
  private static boolean leavesServerOutOfStep(int applicationExceptionType) {
    return switch (applicationExceptionType) {
      case TApplicationException.UNKNOWN,
          TApplicationException.UNKNOWN_METHOD,
          TApplicationException.MISSING_RESULT,
          TApplicationException.INTERNAL_ERROR ->
          false;
      default -> true;
    };
  }

  void answered() {
    answeredBefore = true;
    state = State.REST;
  }

  // --- failures ---

  private ThriftCallException notOurs(int applicationType, String what) {
    state = State.BROKEN;
    return new ThriftCallException(
        TTransportException.CORRUPTED_DATA,
        subject() + ": " + what,
        Phase.READ,
        true,
        Verdict.Retry.MAYBE_SENT,
        new TApplicationException(applicationType, what));
  }

  /** The answer cannot be decoded. */
  ThriftCallException garbled(String what) {
    return garbled(what, Verdict.Retry.MAYBE_SENT, null);
  }

  /** The answer cannot be decoded, or is not one. */
  ThriftCallException garbled(String what, Verdict.Retry retry, @Nullable Throwable cause) {
    state = State.BROKEN;
    return new ThriftCallException(
        TTransportException.CORRUPTED_DATA,
        subject() + ": " + what,
        Phase.READ,
        true,
        retry,
        cause);
  }

  /** More bytes than allowed, in whichever direction: it would be so again. */
  ThriftCallException tooLarge(long bytes, int most) {
    Phase phase = phase();
    if (phase == Phase.READ) {
      state = State.BROKEN;
    }
    return new ThriftCallException(
        TTransportException.MESSAGE_SIZE_LIMIT,
        "%s: %s of %,d bytes, maxMessageSize is %,d"
            .formatted(subject(), phase == Phase.READ ? "an answer" : "a request", bytes, most),
        phase,
        left,
        Verdict.Retry.NEVER,
        null);
  }

  /** There will be no answer. */
  ThriftCallException failed(
      int type, String what, boolean mayHaveRun, Verdict.Retry retry, @Nullable Throwable cause) {
    state = State.BROKEN;
    return new ThriftCallException(
        type,
        subject() + ": " + what,
        mayHaveRun ? Phase.READ : Phase.WRITE,
        mayHaveRun,
        retry,
        cause);
  }

  /** The transport below failed. */
  ThriftCallException failed(TTransportException failure) {
    boolean interrupted = failure.getCause() instanceof ClosedByInterruptException;
    peerGone = !interrupted && failure.getType() != TTransportException.TIMED_OUT;
    String when = "";
    if (state == State.SENT && peerGone) {
      when = answeredBefore ? ", before the answer, on a reused connection" : ", before the answer";
    }
    Verdict.Retry retry =
        interrupted
            ? Verdict.Retry.NEVER
            : left ? Verdict.Retry.MAYBE_SENT : Verdict.Retry.NOT_SENT;
    String doing = left ? "reading the answer" : "writing the request";
    return failed(
        failure.getType(),
        "%s while %s%s".formatted(failure.getMessage(), doing, when),
        left,
        retry,
        failure);
  }

  /**
   * What a client threw, as callers should see it: the protocols' own complaints about an answer do
   * not say that the call may have run.
   */
  <X extends Exception> X explained(X failure) {
    if (state != State.READING
        || !(failure instanceof TException)
        || failure instanceof ThriftCallException) {
      return failure;
    }
    @SuppressWarnings("unchecked") // whoever may throw a TException may throw any of them
    X explained =
        (X) garbled(String.valueOf(failure.getMessage()), Verdict.Retry.MAYBE_SENT, failure);
    return explained;
  }

  private Phase phase() {
    return left ? Phase.READ : Phase.WRITE;
  }

  private String subject() {
    return wireName + " to " + endpoint;
  }
}
