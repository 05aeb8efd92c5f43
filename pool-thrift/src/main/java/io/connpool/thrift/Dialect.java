package io.connpool.thrift;

import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;
import org.jspecify.annotations.Nullable;

/**
 * How to speak to a server, once there is a socket.
 *
 * @param framed whether messages have their length before them
 * @param encoding how they are encoded
 * @param maxMessageSize most bytes of one, in either direction
 * @param wrapper lies between the messages and the socket, if there is one
 */
record Dialect(
    boolean framed, Encoding encoding, int maxMessageSize, @Nullable TransportWrapper wrapper) {

  StreamMessages messages(TTransport link, WireState state) throws TTransportException {
    return framed
        ? new FramedMessages(link, state, maxMessageSize)
        : new BufferedMessages(link, state, maxMessageSize);
  }
}
