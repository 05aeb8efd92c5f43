package io.connpool.bench.acquire.peer;

import io.connpool.AcquireTimeoutException;
import io.connpool.ConnPool;
import io.connpool.Lease;
import java.util.concurrent.TimeoutException;

/**
 * ConnPool as its default builder makes it: heartbeats, idle timeout, lifetime and statistics are
 * on.
 */
final class ConnPoolPeer implements Peer<Lease<Conn>> {
  private final ConnPool<Conn> pool;

  ConnPoolPeer(int size, Conns conns) {
    pool =
        ConnPool.<Conn>builder(context -> conns.add(new Conn()))
            .heartbeat((conn, limit) -> {})
            .close(conn -> {})
            .maxActive(size)
            .minIdle(size)
            .build();
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
  }
}
