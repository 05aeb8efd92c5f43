package io.connpool.bench.thrift.peer;

import io.connpool.examples.gen.ConnPoolExample;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFramedTransport;

/** Apache's server with a thread for each connection, the fastest of its kinds with so few. */
final class EchoServer implements AutoCloseable {
  /** Answers with what it was asked. */
  static final class Handler implements ConnPoolExample.Iface {
    @Override
    public String Ping(String meta) {
      return meta;
    }

    @Override
    public String Echo(String req) {
      return req;
    }
  }

  private final TServerSocket listener;
  private final TThreadPoolServer server;
  private final ExecutorService workers = Executors.newCachedThreadPool(EchoServer::daemon);

  EchoServer() throws TTransportException {
    listener =
        new TServerSocket(
            new TServerSocket.ServerSocketTransportArgs()
                .bindAddr(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .backlog(1024));
    server =
        new TThreadPoolServer(
            new TThreadPoolServer.Args(listener)
                .executorService(workers)
                .transportFactory(new TFramedTransport.Factory())
                .processor(new ConnPoolExample.Processor<>(new Handler())));
    daemon(server::serve).start();
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "bench-server");
    thread.setDaemon(true);
    return thread;
  }

  int port() {
    return listener.getServerSocket().getLocalPort();
  }

  @Override
  public void close() {
    server.stop();
    workers.shutdownNow();
  }
}
