package io.connpool.thrift;

import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TJSONProtocol;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TTransport;

/** The protocols of Thrift. */
enum Encoding {
  BINARY {
    @Override
    TProtocol over(MessageTransport messages, String prefix) {
      return new TrackedBinary(messages, prefix);
    }

    @Override
    TProtocol plain(TTransport transport) {
      return new TBinaryProtocol(transport, true, true);
    }
  },
  COMPACT {
    @Override
    TProtocol over(MessageTransport messages, String prefix) {
      return new TrackedCompact(messages, prefix);
    }

    @Override
    TProtocol plain(TTransport transport) {
      return new TCompactProtocol(transport);
    }
  },
  JSON {
    @Override
    TProtocol over(MessageTransport messages, String prefix) {
      return new TrackedJson(messages, prefix);
    }

    @Override
    TProtocol plain(TTransport transport) {
      return new TJSONProtocol(transport);
    }
  };

  /**
   * A client's protocol, for one service.
   *
   * @param prefix what precedes the names of its methods
   */
  abstract TProtocol over(MessageTransport messages, String prefix);

  /** A server's protocol, with libthrift's own behaviour. */
  abstract TProtocol plain(TTransport transport);
}
