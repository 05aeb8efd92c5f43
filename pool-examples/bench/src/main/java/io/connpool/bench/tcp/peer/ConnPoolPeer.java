package io.connpool.bench.tcp.peer;

import io.connpool.PoolException;
import io.connpool.net.Endpoint;
import io.connpool.tcp.Framing;
import io.connpool.tcp.TcpPool;
import java.io.IOException;
import java.net.InetSocketAddress;

/** ConnPool as its default builder makes it, with as many connections as there are callers. */
final class ConnPoolPeer implements Peer {
  private final TcpPool pool;

  ConnPoolPeer(InetSocketAddress server, int callers) {
    pool =
        TcpPool.to(Endpoint.of(server.getHostString(), server.getPort()))
            .framing(Framing.lengthPrefixed().headerBytes(HEADER))
            .timeout(LIMIT)
            .pool(settings -> settings.maxActive(callers))
            .build();
  }

  @Override
  public Caller caller() {
    return request -> {
      try {
        return pool.exchangeIdempotent(request);
      } catch (PoolException noConnection) {
        throw new IOException(noConnection);
      }
    };
  }

  @Override
  public String settings() {
    return pool.pool().effectiveConfig().toString();
  }

  @Override
  public void close() {
    pool.close();
  }
}
