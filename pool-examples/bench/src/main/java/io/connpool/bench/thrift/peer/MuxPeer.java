package io.connpool.bench.thrift.peer;

import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.ThriftMuxServer;
import io.connpool.thrift.ThriftPool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** ConnPool over a mux, with its own server: one socket for all callers. */
final class MuxPeer implements Peer {
  private final ThriftMuxServer server =
      ThriftMuxServer.of(new ConnPoolExample.Processor<>(new EchoServer.Handler()))
          .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  private final ThriftPool<ConnPoolExample.Iface> pool =
      ThriftPool.builder(ConnPoolExample.Iface.class)
          .over("mux://127.0.0.1:" + server.port())
          .maxActive(1)
          .build();

  MuxPeer() throws IOException {}

  @Override
  public Caller caller() {
    return pool.client()::Echo;
  }

  @Override
  public String settings() {
    return "by proxy, over one connection; " + pool.effectiveConfig();
  }

  @Override
  public void close() {
    pool.close();
    server.close();
  }
}
