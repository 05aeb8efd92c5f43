package io.connpool.demo;

import io.connpool.ConnPool;
import io.connpool.ConnectionStats;
import io.connpool.PoolConfig;
import io.connpool.PoolStats;
import io.connpool.mux.MuxConnection;
import io.connpool.mux.MuxTransport;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** All threads at once over one socket, two if it is very busy. */
final class MuxClient implements Client {

  /** The second one shows that a shared connection is not the end of the pool. */
  private static final int MOST_SOCKETS = 2;

  private final Echo echo;
  private final ConnPool<MuxConnection> pool;

  MuxClient(String name, int port, Echo echo) {
    this.echo = echo;
    pool =
        ConnPool.builder(MuxTransport.to(Endpoint.of("127.0.0.1", port)))
            .name(name)
            .maxActive(MOST_SOCKETS)
            .build();
  }

  @Override
  public void ask() throws IOException, InterruptedException {
    long id = echo.newId();
    byte[] request = ByteBuffer.allocate(Long.BYTES).putLong(id).array();
    byte[] answer = pool.call(connection -> connection.call(request, ANSWER_LIMIT));
    echo.check(id, ByteBuffer.wrap(answer).getLong());
  }

  @Override
  public PoolStats stats() {
    return pool.stats();
  }

  @Override
  public List<ConnectionStats> connections() {
    return pool.connections();
  }

  @Override
  public PoolConfig config() {
    return pool.effectiveConfig();
  }

  @Override
  public void close(Duration grace) {
    pool.close(grace);
  }
}
