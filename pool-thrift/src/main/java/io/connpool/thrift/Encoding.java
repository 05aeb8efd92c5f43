package io.connpool.thrift;

import org.apache.thrift.protocol.TProtocol;

/** The protocols of Thrift. */
enum Encoding {
  BINARY {
    @Override
    TProtocol over(MessageTransport messages, String prefix) {
      return new TrackedBinary(messages, prefix);
    }
  },
  COMPACT {
    @Override
    TProtocol over(MessageTransport messages, String prefix) {
      return new TrackedCompact(messages, prefix);
    }
  },
  JSON {
    @Override
    TProtocol over(MessageTransport messages, String prefix) {
      return new TrackedJson(messages, prefix);
    }
  };

  /**
   * A protocol of one connection, for one service.
   *
   * @param prefix what precedes the names of its methods
   */
  abstract TProtocol over(MessageTransport messages, String prefix);
}
