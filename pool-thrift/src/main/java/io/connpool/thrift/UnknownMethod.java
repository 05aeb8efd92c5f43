package io.connpool.thrift;

import org.apache.thrift.TApplicationException;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TStruct;
import org.apache.thrift.protocol.TType;

/**
 * The heartbeat that needs nothing in the IDL: asks for a method that cannot exist. Whoever says
 * so, is there and in step.
 */
final class UnknownMethod {
  /** A name that no IDL can declare, because Thrift reserves two leading underscores. */
  private static final String NAME = "__connpool_ping__";

  private static final TStruct NO_ARGUMENTS = new TStruct();

  private UnknownMethod() {}

  static void ask(TProtocol protocol) throws TException {
    protocol.writeMessageBegin(new TMessage(NAME, TMessageType.CALL, 0));
    protocol.writeStructBegin(NO_ARGUMENTS);
    protocol.writeFieldStop();
    protocol.writeStructEnd();
    protocol.writeMessageEnd();
    protocol.getTransport().flush();
    try {
      protocol.readMessageBegin();
    } catch (TApplicationException answer) {
      if (answer.getType() == TApplicationException.UNKNOWN_METHOD) {
        return;
      }
      throw answer;
    }
    protocol.skip(TType.STRUCT); // a server that answers whatever it is asked
    protocol.readMessageEnd();
  }
}
