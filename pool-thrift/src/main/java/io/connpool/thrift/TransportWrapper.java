package io.connpool.thrift;

import java.io.IOException;
import org.apache.thrift.TException;
import org.apache.thrift.transport.TTransport;

/**
 * Lays a transport over the socket of a new connection: SASL, compression, a preamble.
 *
 * <pre>{@code
 * .wrap(socket -> new TSaslClientTransport("PLAIN", null, "hive", host, Map.of(), callbacks, socket))
 * }</pre>
 *
 * <p>Framing, protocol and everything the pool knows about a connection lie above it. What it
 * returns is opened, within the time of the dial, if it is not open, and closed with the
 * connection.
 */
@FunctionalInterface
public interface TransportWrapper {
  /**
   * Wraps the socket of one connection. Runs during the dial and may block.
   *
   * @param socket connected; reads at least one byte at a time, writes all
   * @return what to speak through
   * @throws TException if the peer refuses; the attempt has failed
   * @throws IOException as well
   */
  TTransport wrap(TTransport socket) throws TException, IOException;
}
