package io.connpool.thrift;

import io.connpool.net.Wire;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.transport.TEndpointTransport;
import org.apache.thrift.transport.TTransportException;

/**
 * A connected {@link Wire} as a transport: what a {@link TransportWrapper} wraps. Its reads and
 * writes wait until the fuse of the wire cuts them off.
 */
final class Link extends TEndpointTransport {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final Wire wire;

  Link(Wire wire, int maxMessageSize) throws TTransportException {
    super(
        new TConfiguration(maxMessageSize, maxMessageSize, TConfiguration.DEFAULT_RECURSION_DEPTH));
    this.wire = wire;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws TTransportException {
    int count;
    try {
      count = wire.read(ByteBuffer.wrap(into, offset, length));
    } catch (IOException failure) {
      throw explained(failure);
    }
    if (count < 0) {
      throw new TTransportException(
          TTransportException.END_OF_FILE, "the peer closed the connection");
    }
    return count;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws TTransportException {
    try {
      wire.write(ByteBuffer.wrap(bytes, offset, length));
    } catch (IOException failure) {
      throw explained(failure);
    }
  }

  private static TTransportException explained(IOException failure) {
    int type =
        failure instanceof SocketTimeoutException
            ? TTransportException.TIMED_OUT
            : TTransportException.UNKNOWN;
    String message = failure.getMessage();
    return new TTransportException(
        type, message == null ? failure.getClass().getSimpleName() : message, failure);
  }

  @Override
  public boolean isOpen() {
    return wire.isOpen();
  }

  /** It is open from the start. */
  @Override
  public void open() {}

  @Override
  public void close() {
    try {
      wire.close();
    } catch (IOException failure) {
      // The interface cannot tell it, and nobody could do anything about it.
      LOG.log(Level.DEBUG, "closing " + wire + " failed", failure);
    }
  }
}
