package io.connpool.bench.thrift.peer;

import io.connpool.examples.gen.ConnPoolExample;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.transport.TSocket;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFramedTransport;

/** No pool: each caller has a client and a connection of libthrift's for itself. */
final class DedicatedPeer implements Peer {
  /** As ConnPool's call timeout. */
  static final int TIMEOUT_MILLIS = 5000;

  private final EchoServer server = new EchoServer();
  private final Queue<TTransport> open = new ConcurrentLinkedQueue<>();

  DedicatedPeer() throws TTransportException {}

  @Override
  public Caller caller() throws TTransportException {
    TTransport transport = connect(server);
    open.add(transport);
    return new ConnPoolExample.Client(new TBinaryProtocol(transport))::Echo;
  }

  static TTransport connect(EchoServer server) throws TTransportException {
    TTransport transport =
        new TFramedTransport(new TSocket("127.0.0.1", server.port(), TIMEOUT_MILLIS));
    transport.open();
    return transport;
  }

  @Override
  public String settings() {
    return "TFramedTransport over TSocket, timeout 5 s; one for each caller";
  }

  @Override
  public void close() {
    open.forEach(TTransport::close);
    server.close();
  }
}
