package io.connpool.thrift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.PoolStats;
import io.connpool.mux.MuxHandler;
import io.connpool.mux.MuxServer;
import io.connpool.net.Endpoint;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.PoolWorld;
import io.connpool.thrift.gen.Echo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The world of one test: servers and pools, and after the test what holds whatever the test was
 * about: nobody waits, no connection is out, and every one that was dialed was closed exactly once.
 */
final class ThriftWorld implements AfterEachCallback {
  private final Deque<AutoCloseable> servers = new ArrayDeque<>();
  private final List<ThriftPool<?>> pools = new ArrayList<>();

  /** A server of Apache's. */
  EchoServer server(EchoServer server) {
    servers.push(server);
    return server;
  }

  /** A server for multiplexed connections. */
  ThriftMuxServer muxServer(ThriftMuxServer.Builder builder) throws Exception {
    ThriftMuxServer server =
        builder.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    servers.push(server);
    return server;
  }

  /** What speaks Thrift over multiplexed connections as told. */
  MuxServer muxServer(MuxHandler handler) throws Exception {
    MuxServer server =
        MuxServer.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), handler);
    servers.push(server);
    return server;
  }

  /** A builder for the echo service behind a mux. */
  static ThriftPoolBuilder<Echo.Iface> echoOverMux(int port) {
    return ThriftPool.builder(Echo.Iface.class).over("mux://127.0.0.1:" + port);
  }

  /** A server that speaks Thrift as told. */
  FlakyServer faultServer(Behaviour... script) throws Exception {
    FlakyServer server = FlakyServer.start(script);
    servers.push(server);
    return server;
  }

  /** A builder for the echo service there. */
  static ThriftPoolBuilder<Echo.Iface> echo(Endpoint endpoint) {
    return ThriftPool.builder(Echo.Iface.class).endpoint(endpoint);
  }

  /** A pool that is closed, and looked at, after the test. */
  <I> ThriftPool<I> pool(ThriftPoolBuilder<I> builder) {
    ThriftPool<I> pool = builder.build();
    pools.add(pool);
    return pool;
  }

  /** How many connections the pool has, once it is at rest. */
  static int connections(ThriftPool<?> pool) {
    PoolStats stats = atRest(pool);
    return stats.total();
  }

  private static PoolStats atRest(ThriftPool<?> pool) {
    eventually(
        () -> "at rest: " + pool.stats(),
        () -> {
          PoolStats stats = pool.stats();
          return stats.leased() == 0
              && stats.checking() == 0
              && stats.dialing() == 0
              && stats.pending() == 0;
        });
    PoolStats stats = pool.stats();
    assertEquals(stats.total(), stats.dialed() - stats.closed(), () -> "a slot was lost: " + stats);
    return stats;
  }

  static void eventually(Supplier<String> what, BooleanSupplier condition) {
    PoolWorld.eventually(what, condition);
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    for (ThriftPool<?> pool : pools) {
      if (context.getExecutionException().isEmpty()) {
        atRest(pool);
      }
      pool.close(Duration.ZERO);
    }
    while (!servers.isEmpty()) {
      servers.pop().close();
    }
    if (context.getExecutionException().isEmpty()) {
      for (ThriftPool<?> pool : pools) {
        PoolStats stats = pool.stats();
        assertEquals(0, stats.total(), () -> "connections left: " + stats);
        assertEquals(stats.dialed(), stats.closed(), () -> "dialed and closed differ: " + stats);
        assertTrue(stats.misuses() == 0, () -> "a lease was ended twice: " + stats);
      }
    }
  }
}
