package io.connpool.thrift;

import java.nio.ByteBuffer;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TMessage;

/** The binary protocol, which tells the {@link Tracker} where messages begin and end. */
final class TrackedBinary extends TBinaryProtocol {
  private final Tracker tracker;

  /** Strict in both directions: otherwise any four bytes would pass for the length of a name. */
  TrackedBinary(MessageTransport messages, String prefix) {
    super(messages, true, true);
    tracker = new Tracker(this, messages, prefix);
  }

  @Override
  public void writeMessageBegin(TMessage message) throws TException {
    super.writeMessageBegin(tracker.outgoing(message));
  }

  @Override
  public TMessage readMessageBegin() throws TException {
    tracker.awaitAnswer();
    return tracker.incoming(super.readMessageBegin());
  }

  @Override
  public void readMessageEnd() throws TException {
    super.readMessageEnd();
    tracker.answered();
  }

  @Override
  public ByteBuffer readBinary() throws TException {
    return tracker.owned(super.readBinary());
  }
}
