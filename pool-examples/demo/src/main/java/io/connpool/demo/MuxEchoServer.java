package io.connpool.demo;

import io.connpool.mux.MuxServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;

/** A server of multiplexed sockets, {@code MuxEchoServer <port> <work>}, on a {@link Leash}. */
final class MuxEchoServer {
  private MuxEchoServer() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Leash leash = new Leash(Long.parseLong(args[1]));
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
    MuxServer server =
        MuxServer.listen(
            address,
            request -> {
              leash.work();
              return request.body();
            });
    try (server) {
      leash.listening(server.port());
      new CountDownLatch(1).await(); // its leash ends it
    }
  }
}
