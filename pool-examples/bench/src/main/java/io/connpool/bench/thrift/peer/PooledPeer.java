package io.connpool.bench.thrift.peer;

import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.ThriftPool;
import java.util.function.Function;
import org.apache.thrift.transport.TTransportException;

/** ConnPool as its default builder makes it, with a connection for each caller. */
final class PooledPeer implements Peer {
  private final EchoServer server = new EchoServer();
  private final ThriftPool<ConnPoolExample.Iface> pool;
  private final Caller caller;

  private PooledPeer(int callers, Function<ThriftPool<ConnPoolExample.Iface>, Caller> how)
      throws TTransportException {
    pool =
        ThriftPool.builder(ConnPoolExample.Iface.class)
            .endpoint("127.0.0.1", server.port())
            .maxActive(callers)
            .maxIdle(callers)
            .build();
    caller = how.apply(pool);
  }

  static PooledPeer byProxy(int callers) throws TTransportException {
    return new PooledPeer(callers, pool -> pool.client()::Echo);
  }

  static PooledPeer byLambda(int callers) throws TTransportException {
    return new PooledPeer(callers, pool -> request -> pool.call(c -> c.Echo(request)));
  }

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public String settings() {
    return pool.effectiveConfig().toString();
  }

  @Override
  public void close() {
    pool.close();
    server.close();
  }
}
