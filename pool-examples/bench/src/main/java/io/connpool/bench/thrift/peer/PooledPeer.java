package io.connpool.bench.thrift.peer;

import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.ThriftPool;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.thrift.transport.TTransportException;

/**
 * ConnPool as its default builder makes it, with a connection for each caller, all dialed before
 * the first call: virtual threads that keep every carrier busy may leave one that a thread of the
 * operating system has woken, as the pool's dials do, without a turn for as long as they do.
 */
final class PooledPeer implements Peer {
  private static final Duration DIALED_WITHIN = Duration.ofSeconds(30);

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
            .pool(core -> core.minIdle(callers))
            .build();
    awaitIdle(callers);
    caller = how.apply(pool);
  }

  private void awaitIdle(int connections) {
    long end = System.nanoTime() + DIALED_WITHIN.toNanos();
    while (pool.stats().idle() < connections) {
      if (end - System.nanoTime() < 0) {
        throw new IllegalStateException("not dialed within " + DIALED_WITHIN + ": " + pool.stats());
      }
      LockSupport.parkNanos(1_000_000);
    }
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
