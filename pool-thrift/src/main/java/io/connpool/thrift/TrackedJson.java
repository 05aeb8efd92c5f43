package io.connpool.thrift;

import org.apache.thrift.TException;
import org.apache.thrift.protocol.TJSONProtocol;
import org.apache.thrift.protocol.TMessage;

/** The JSON protocol, which tells the {@link Tracker} where messages begin and end. */
final class TrackedJson extends TJSONProtocol {
  private final Tracker tracker;

  TrackedJson(MessageTransport messages, String prefix) {
    super(messages);
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
}
