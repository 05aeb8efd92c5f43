package io.connpool.thrift;

import io.connpool.net.Endpoint;
import io.connpool.thrift.gen.Counter;
import io.connpool.thrift.gen.Echo;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.thrift.TMultiplexedProcessor;
import org.apache.thrift.TProcessor;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TJSONProtocol;
import org.apache.thrift.protocol.TProtocolFactory;
import org.apache.thrift.server.THsHaServer;
import org.apache.thrift.server.TNonblockingServer;
import org.apache.thrift.server.TServer;
import org.apache.thrift.server.TSimpleServer;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.server.TThreadedSelectorServer;
import org.apache.thrift.transport.TNonblockingServerSocket;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.TTransportFactory;
import org.apache.thrift.transport.layered.TFramedTransport;
import org.jspecify.annotations.Nullable;

/** One of Apache's servers on loopback; as a program, the usual one in a process of its own. */
final class EchoServer implements AutoCloseable {
  /** Apache's servers for Java. */
  enum Kind {
    SIMPLE,
    THREAD_POOL,
    NONBLOCKING,
    HS_HA,
    THREADED_SELECTOR;

    boolean onlyFramed() {
      return this != SIMPLE && this != THREAD_POOL;
    }
  }

  private final TServer server;
  private final int port;
  private final ExecutorService workers = Executors.newCachedThreadPool(EchoServer::daemon);
  private final Thread acceptor;
  final EchoHandler handler;

  private EchoServer(
      Kind kind,
      @Nullable ServerSocket listener,
      Encoding encoding,
      TTransportFactory layer,
      boolean named)
      throws TTransportException {
    handler = new EchoHandler();
    TProcessor processor = processor(named);
    if (kind.onlyFramed()) {
      TNonblockingServerSocket socket =
          new TNonblockingServerSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      port = socket.getPort();
      server = nonBlocking(kind, socket, processor, encoding);
    } else {
      TServerSocket socket = new TServerSocket(listener);
      port = listener.getLocalPort();
      server =
          kind == Kind.SIMPLE
              ? new TSimpleServer(
                  with(new TServer.Args(socket).transportFactory(layer), processor, encoding))
              : new TThreadPoolServer(
                  with(
                      new TThreadPoolServer.Args(socket)
                          .executorService(workers)
                          .stopTimeoutVal(0)
                          .transportFactory(layer),
                      processor,
                      encoding));
    }
    acceptor = daemon(server::serve);
    acceptor.start();
    // A server that is stopped before it serves would begin to serve afterwards, and for ever.
    ThriftWorld.eventually(() -> "it serves", server::isServing);
  }

  private TServer nonBlocking(
      Kind kind, TNonblockingServerSocket socket, TProcessor processor, Encoding encoding) {
    switch (kind) {
      case NONBLOCKING -> {
        TNonblockingServer.Args arguments = new TNonblockingServer.Args(socket);
        return new TNonblockingServer(with(arguments, processor, encoding));
      }
      case HS_HA -> {
        THsHaServer.Args arguments = new THsHaServer.Args(socket).executorService(workers);
        return new THsHaServer(with(arguments, processor, encoding));
      }
      default -> {
        TThreadedSelectorServer.Args arguments =
            new TThreadedSelectorServer.Args(socket).executorService(workers);
        return new TThreadedSelectorServer(with(arguments, processor, encoding));
      }
    }
  }

  private TProcessor processor(boolean named) {
    if (!named) {
      return new Echo.Processor<>(handler);
    }
    TMultiplexedProcessor services = new TMultiplexedProcessor();
    services.registerProcessor("echo", new Echo.Processor<>(handler));
    services.registerProcessor("counter", new Counter.Processor<>(handler));
    return services;
  }

  private static <A extends TServer.AbstractServerArgs<?>> A with(
      A arguments, TProcessor processor, Encoding encoding) {
    arguments.processor(processor);
    arguments.protocolFactory(factory(encoding));
    return arguments;
  }

  static TProtocolFactory factory(Encoding encoding) {
    return switch (encoding) {
      case BINARY -> new TBinaryProtocol.Factory();
      case COMPACT -> new TCompactProtocol.Factory();
      case JSON -> new TJSONProtocol.Factory();
    };
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "echo-server");
    thread.setDaemon(true);
    return thread;
  }

  /** A server of this kind. */
  static EchoServer start(Kind kind, Encoding encoding, boolean framed) throws Exception {
    return new EchoServer(kind, listen(0), encoding, layer(framed), false);
  }

  /** A framed binary server with a thread for each connection. */
  static EchoServer start() throws Exception {
    return start(Kind.THREAD_POOL, Encoding.BINARY, true);
  }

  /** A server of this kind with the services "echo" and "counter". */
  static EchoServer startMultiplexed(Kind kind, Encoding encoding) throws Exception {
    return new EchoServer(kind, listen(0), encoding, layer(true), true);
  }

  /** A binary server on a socket of the caller's, such as one for TLS, with this over it. */
  static EchoServer start(Kind kind, ServerSocket listener, TTransportFactory layer)
      throws Exception {
    return new EchoServer(kind, listener, Encoding.BINARY, layer, false);
  }

  static TTransportFactory layer(boolean framed) {
    return framed ? new TFramedTransport.Factory() : new TTransportFactory();
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    // larger than any herd that a test lets loose
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
    return socket;
  }

  /**
   * Serves until standard input ends, which it does at the latest when its parent dies.
   *
   * @param args the port, and "exclusive" or "mux"
   */
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    AutoCloseable server =
        args[1].equals("mux")
            ? ThriftMuxServer.of(new Echo.Processor<>(new EchoHandler()))
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            : start(Kind.THREAD_POOL, listen(port), layer(true));
    try (server) {
      System.out.println("serves at " + port);
      System.in.transferTo(OutputStream.nullOutputStream());
    }
    System.exit(0);
  }

  /** Where it listens. */
  Endpoint endpoint() {
    return Endpoint.of(InetAddress.getLoopbackAddress().getHostAddress(), port);
  }

  @Override
  public void close() throws InterruptedException {
    server.stop();
    workers.shutdownNow();
    acceptor.join(TimeUnit.SECONDS.toMillis(10));
  }
}
