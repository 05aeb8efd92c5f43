package io.connpool.demo;

import io.connpool.examples.gen.ConnPoolExample;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.apache.thrift.TException;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFramedTransport;

/**
 * One of Apache Thrift's servers, {@code ThriftEchoServer <port> <work>}, on a {@link Leash}. It
 * knows nothing of ConnPool.
 */
final class ThriftEchoServer {
  private ThriftEchoServer() {}

  private record Handler(Leash leash) implements ConnPoolExample.Iface {
    @Override
    public String Ping(String meta) {
      return meta;
    }

    @Override
    public String Echo(String req) throws TException {
      try {
        leash.work();
        return req;
      } catch (InterruptedException ended) {
        throw new TException("the server is being stopped", ended);
      }
    }
  }

  public static void main(String[] args) throws IOException, TTransportException {
    // It logs through slf4j, which would say that it has no provider.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    Leash leash = new Leash(Long.parseLong(args[1]));
    TServerSocket socket =
        new TServerSocket(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])));
    TThreadPoolServer server =
        new TThreadPoolServer(
            new TThreadPoolServer.Args(socket)
                .transportFactory(new TFramedTransport.Factory())
                .processor(new ConnPoolExample.Processor<>(new Handler(leash))));
    leash.listening(socket.getServerSocket().getLocalPort());
    server.serve();
  }
}
