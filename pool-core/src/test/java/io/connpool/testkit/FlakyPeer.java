package io.connpool.testkit;

import io.connpool.net.Endpoint;
import java.io.IOException;

/** A {@link FlakyServer} that speaks the line protocol, as the peer of a transport under test. */
public final class FlakyPeer implements TransportPeer, AutoCloseable {
  private final FlakyServer server;
  private volatile boolean silent;

  /** Starts to serve. */
  public FlakyPeer() throws IOException {
    server =
        FlakyServer.start(
            connection ->
                connection.forEachLine(
                    line -> {
                      if (!silent) {
                        connection.answer(line);
                      }
                    }));
  }

  /** Where to dial. */
  public Endpoint endpoint() {
    return server.endpoint();
  }

  @Override
  public void serve() throws IOException {
    silent = false;
    server.listenAgain();
  }

  @Override
  public void refuse() throws IOException {
    server.refuse();
  }

  @Override
  public void silence() {
    silent = true;
  }

  @Override
  public void cutAll() throws IOException {
    server.closeAllConnections();
  }

  @Override
  public boolean sendUnasked() throws IOException {
    server.sendToAll("nobody asked for this\n");
    return true;
  }

  @Override
  public int open() {
    return server.open();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
