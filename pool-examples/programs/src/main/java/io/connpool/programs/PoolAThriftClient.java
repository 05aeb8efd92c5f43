package io.connpool.programs;

import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.ThriftPool;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.layered.TFramedTransport;

/** A client of a Thrift server that all threads may use, over connections kept in a pool. */
public final class PoolAThriftClient {
  private PoolAThriftClient() {}

  /** Calls one of Apache's servers. */
  public static void main(String[] arguments) throws Exception {
    TServerSocket socket =
        new TServerSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    TThreadPoolServer server =
        new TThreadPoolServer(
            new TThreadPoolServer.Args(socket)
                .stopTimeoutVal(0)
                .transportFactory(new TFramedTransport.Factory())
                .processor(new ConnPoolExample.Processor<>(new EchoService())));
    Thread serving = new Thread(server::serve);
    serving.setDaemon(true);
    serving.start();

    try (ThriftPool<ConnPoolExample.Iface> pool =
        ThriftPool.builder(ConnPoolExample.Iface.class)
            .endpoint("127.0.0.1", socket.getServerSocket().getLocalPort())
            .build()) {
      ConnPoolExample.Iface client = pool.client(); // for every thread, for ever
      System.out.println(client.Ping("orders"));
      System.out.println(client.Echo("hello"));
      System.out.println("connections dialed: " + pool.stats().dialed());
    } finally {
      server.stop();
    }
  }
}
