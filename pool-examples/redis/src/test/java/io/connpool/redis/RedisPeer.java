package io.connpool.redis;

import io.connpool.net.Endpoint;
import io.connpool.testkit.FlakyConnection;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TransportPeer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A real server behind a relay that misbehaves as told. */
final class RedisPeer implements TransportPeer, AutoCloseable {
  private final FlakyServer relay;
  private volatile boolean silent;

  RedisPeer(RedisServer server) throws IOException {
    relay = FlakyServer.start(connection -> carry(connection, server.endpoint()));
  }

  /** Whatever a client of Redis sends ends with a line. */
  private void carry(FlakyConnection here, Endpoint target)
      throws IOException, InterruptedException {
    try (Socket there = new Socket(target.host(), target.port())) {
      there.setTcpNoDelay(true);
      Thread back = new Thread(() -> carryBack(there, here), "redis-relay-back");
      back.start();
      try {
        OutputStream out = there.getOutputStream();
        here.forEachLine(
            line -> {
              if (!silent) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
              }
            });
      } finally {
        there.close();
        back.join();
      }
    }
  }

  private void carryBack(Socket there, FlakyConnection here) {
    try {
      byte[] piece = new byte[8192];
      for (int n = there.getInputStream().read(piece);
          n >= 0;
          n = there.getInputStream().read(piece)) {
        if (!silent) {
          here.send(new String(piece, 0, n, StandardCharsets.ISO_8859_1));
        }
      }
    } catch (IOException eitherSideEnded) {
      // and so does this
    }
  }

  Endpoint endpoint() {
    return relay.endpoint();
  }

  @Override
  public void serve() throws IOException {
    silent = false;
    relay.listenAgain();
  }

  @Override
  public void refuse() throws IOException {
    relay.refuse();
  }

  @Override
  public void silence() {
    silent = true;
  }

  @Override
  public void cutAll() throws IOException {
    relay.closeAllConnections();
  }

  @Override
  public boolean sendUnasked() throws IOException {
    relay.sendToAll("+nobody asked for this\r\n");
    return true;
  }

  @Override
  public int open() {
    return relay.open();
  }

  @Override
  public void close() throws IOException {
    relay.close();
  }
}
