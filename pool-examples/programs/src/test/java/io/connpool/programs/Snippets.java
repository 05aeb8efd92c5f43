package io.connpool.programs;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.Op;
import io.connpool.PoolConfig;
import io.connpool.commons.ConfigTranslation;
import io.connpool.examples.gen.ConnPoolExample;
import io.connpool.micrometer.PoolMetrics;
import io.connpool.mux.MuxConnection;
import io.connpool.mux.MuxServer;
import io.connpool.net.Endpoint;
import io.connpool.tcp.Framing;
import io.connpool.tcp.TcpPool;
import io.connpool.thrift.ThriftMuxServer;
import io.connpool.thrift.ThriftPool;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** What the pages show: compiled here, and compared with the pages by DocsTest. Never run. */
abstract class Snippets {
  abstract byte[] answer(byte[] question);

  void use(ConnPool<LineClient> pool) throws Exception {
    String answer = pool.call(client -> client.ask("hello"));

    String again = pool.call(Op.idempotent(), client -> client.ask("hello"));
  }

  void lease(ConnPool<LineClient> pool) throws Exception {
    try (Lease<LineClient> lease = pool.acquire()) {
      try {
        lease.get().ask("hello");
      } catch (IOException broken) {
        lease.invalidate(broken);
        throw broken;
      }
    }
  }

  void size(ConnPool<LineClient> pool) throws Exception {
    int ready = pool.warmUp(4, 2, Duration.ofSeconds(10), count -> {});
    PoolConfig now = pool.reconfigure(settings -> settings.maxActive(16));
  }

  void measure(MeterRegistry registry, int port) {
    ConnPool<LineClient> pool =
        ConnPool.builder(ctx -> new LineClient(port))
            .name("orders")
            .listener(PoolMetrics.to(registry))
            .build();
  }

  void migrate(GenericObjectPoolConfig<LineClient> config) {
    ConfigTranslation translation = ConfigTranslation.of(config);
  }

  void tcp(ByteBuffer question, byte[] hello) throws Exception {
    TcpPool pool =
        TcpPool.to(Endpoint.of("orders.example", 7000))
            .framing(Framing.lengthPrefixed().headerBytes(2))
            .timeout(Duration.ofSeconds(2))
            .pool(settings -> settings.maxActive(32).minIdle(2))
            .build();

    ByteBuffer answer = pool.exchange(question);

    String greeting = pool.pool().call(conn -> conn.sendRecvLine(hello));
  }

  void mux(byte[] question) throws Exception {
    MuxServer server =
        MuxServer.listen(new InetSocketAddress(7000), request -> answer(request.body()));

    ConnPool<MuxConnection> pool =
        ConnPool.open(URI.create("mux://127.0.0.1:7000"), MuxConnection.class);
    byte[] answer = pool.call(connection -> connection.call(question));
    CompletableFuture<byte[]> later = pool.callAsync(connection -> connection.callAsync(question));
  }

  void thrift(ConnPoolExample.Iface handler) throws Exception {
    ThriftPool<ConnPoolExample.Iface> thrift =
        ThriftPool.builder(ConnPoolExample.Iface.class)
            .endpoint("orders.example", 9090)
            .callTimeout(Duration.ofSeconds(2))
            .idempotent("Ping")
            .build();
    ConnPoolExample.Iface client = thrift.client(); // for every thread, for ever

    ThriftMuxServer server =
        ThriftMuxServer.of(new ConnPoolExample.Processor<>(handler))
            .listen(new InetSocketAddress(9091));
    ThriftPool<ConnPoolExample.Iface> over =
        ThriftPool.builder(ConnPoolExample.Iface.class).over("mux://orders.example:9091").build();
  }

  void thriftInTheReadme() {
    ThriftPool<Echo.Iface> pool =
        ThriftPool.builder(Echo.Iface.class).endpoint("orders.example", 9090).build();
    Echo.Iface echo = pool.client(); // for every thread, for ever
  }

  /** As the Thrift compiler would name it. */
  interface Echo {
    /** A service. */
    interface Iface {}
  }
}
