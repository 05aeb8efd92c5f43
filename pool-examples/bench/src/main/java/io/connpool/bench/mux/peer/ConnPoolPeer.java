package io.connpool.bench.mux.peer;

import io.connpool.mux.MuxConnection;
import io.connpool.mux.MuxOptions;
import io.connpool.mux.MuxServer;
import io.connpool.mux.MuxStats;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Ours, with default options; or with handlers and callbacks on the I/O threads. */
final class ConnPoolPeer {
  private ConnPoolPeer() {}

  private static MuxOptions options(boolean inline) {
    return MuxOptions.builder().inlineHandlers(inline).inlineCallbacks(inline).build();
  }

  static Server serve(boolean inline) throws IOException {
    MuxServer server =
        MuxServer.listen(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            options(inline),
            request -> Answers.to(request.body()));
    return new Server() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  static Client connect(int port, boolean inline) throws IOException, InterruptedException {
    return new Connection(
        MuxConnection.connect(Endpoint.of(Peers.HOST, port), options(inline), null));
  }

  private record Connection(MuxConnection connection) implements Client {
    @Override
    public byte[] call(byte[] request) throws Exception {
      return connection.call(request);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // done is told
    public void callAsync(byte[] request, Done done) {
      connection.callAsync(request).whenComplete(done);
    }

    @Override
    public long[] framesAndWrites() {
      MuxStats stats = connection.stats();
      return new long[] {stats.framesWritten(), stats.writes()};
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
