package io.connpool.demo;

import io.connpool.ConnectionStats;
import io.connpool.PoolConfig;
import io.connpool.PoolStats;
import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.thrift.ThriftPool;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.thrift.TException;

/** A generated Thrift client that all threads share; it takes a connection for each call. */
final class ThriftClient implements Client {
  private final Echo echo;
  private final ThriftPool<ConnPoolExample.Iface> pool;
  private final ConnPoolExample.Iface client;

  ThriftClient(String name, int port, Echo echo) {
    this.echo = echo;
    pool =
        ThriftPool.builder(ConnPoolExample.Iface.class)
            .endpoint("127.0.0.1", port)
            .callTimeout(ANSWER_LIMIT)
            .heartbeatByUnknownMethod()
            .pool(core -> core.name(name))
            .build();
    client = pool.client();
  }

  @Override
  public void ask() throws TException, IOException {
    long id = echo.newId();
    echo.check(id, Long.parseLong(client.Echo(Long.toString(id))));
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
