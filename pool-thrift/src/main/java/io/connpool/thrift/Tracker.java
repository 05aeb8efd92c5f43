package io.connpool.thrift;

import java.nio.ByteBuffer;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TProtocol;

/**
 * Between one protocol and what it is written over: where messages begin and end. The protocols
 * override only what happens once per message, so that fields cost nothing.
 */
final class Tracker {
  private final TProtocol protocol;
  private final MessageTransport messages;
  private final String prefix;

  /**
   * @param prefix what precedes the names of methods: empty, or a multiplexed service and a colon
   */
  Tracker(TProtocol protocol, MessageTransport messages, String prefix) {
    this.protocol = protocol;
    this.messages = messages;
    this.prefix = prefix;
  }

  TMessage outgoing(TMessage message) throws TException {
    if (messages.state.isHalfWritten()) { // the message before failed, and the caller goes on
      messages.abort();
    }
    protocol.reset();
    return messages.state.outgoing(message, prefix);
  }

  void awaitAnswer() throws TException {
    messages.awaitAnswer();
  }

  TMessage incoming(TMessage message) throws TException {
    return messages.state.incoming(message, protocol);
  }

  void answered() {
    messages.state.answered();
  }

  ByteBuffer owned(ByteBuffer binary) {
    return messages.owned(binary);
  }
}
