package io.connpool.testkit;

import io.connpool.Transport;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** The contract over plain sockets. */
class SocketTransportTest extends TransportContract<Socket> {
  private final FlakyPeer peer;

  SocketTransportTest() throws IOException {
    peer = new FlakyPeer();
  }

  @Override
  protected TransportPeer peer() {
    return peer;
  }

  @Override
  protected Transport<Socket> transport() {
    return new SocketTransport(peer.endpoint());
  }

  @Override
  protected void use(Socket socket) throws IOException {
    SocketTransport.ask(socket, "6 x 7", Duration.ofSeconds(5));
  }

  @AfterEach
  final void closePeer() throws IOException {
    peer.close();
  }
}
