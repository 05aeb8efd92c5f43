package io.connpool.demo;

import io.connpool.ConnPool;
import io.connpool.ConnectionStats;
import io.connpool.PoolBuilder;
import io.connpool.PoolConfig;
import io.connpool.PoolStats;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Probe;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** Plain sockets, as a program pools them that has a protocol of its own: three lambdas. */
final class TcpClient implements Client {
  private final Echo echo;
  private final ConnPool<SocketChannel> pool;

  TcpClient(String name, int port, Echo echo) {
    this(name, port, echo, builder -> builder);
  }

  /** With other settings than the defaults. */
  TcpClient(String name, int port, Echo echo, UnaryOperator<PoolBuilder<SocketChannel>> settings) {
    this.echo = echo;
    Dialer dialer = Dialer.to(Endpoint.of("127.0.0.1", port));
    PoolBuilder<SocketChannel> builder =
        ConnPool.builder(dialer::connect).heartbeat(echo::ask).probe(Probe::check).name(name);
    pool = settings.apply(builder).build();
  }

  @Override
  public void ask() throws IOException, InterruptedException {
    pool.run(channel -> echo.ask(channel, ANSWER_LIMIT));
  }

  ConnPool<SocketChannel> pool() {
    return pool;
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
