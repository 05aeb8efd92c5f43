package io.connpool.bench.acquire.peer;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import java.util.concurrent.TimeoutException;

/**
 * ConnPool as its default builder makes it: heartbeats, idle timeout, lifetime and statistics are
 * on.
 */
final class ConnPoolPeer implements Peer<Lease<Conn>> {
  private final ConnPool<Conn> pool;
  private final Runnable afterwards;

  ConnPoolPeer(int size, Conns conns) {
    pool = builder(size, conns).build();
    afterwards = () -> {};
  }

  private ConnPoolPeer(int size, Conns conns, Observation observation) {
    pool = builder(size, conns).listener(observation.listener()).build();
    afterwards = observation::close;
  }

  static ConnPoolPeer observed(int size, Conns conns) {
    return new ConnPoolPeer(size, conns, new Observation());
  }

  private static PoolBuilder<Conn> builder(int size, Conns conns) {
    return ConnPool.<Conn>builder(context -> conns.add(new Conn()))
        .heartbeat((conn, limit) -> {})
        .close(conn -> {})
        .maxActive(size)
        .minIdle(size);
  }

  @Override
  public Lease<Conn> acquire() throws TimeoutException, InterruptedException {
    try {
      return pool.acquire();
    } catch (AcquireTimeoutException late) {
      throw (TimeoutException) new TimeoutException(late.getMessage()).initCause(late);
    }
  }

  @Override
  public Conn conn(Lease<Conn> held) {
    return held.get();
  }

  @Override
  public void release(Lease<Conn> held) {
    held.close();
  }

  @Override
  public String settings() {
    return pool.effectiveConfig().toString();
  }

  @Override
  public void close() {
    pool.close();
    afterwards.run();
  }
}
