package io.connpool.lines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.Transport;
import io.connpool.net.Endpoint;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.FlakyPeer;
import io.connpool.testkit.TransportContract;
import io.connpool.testkit.TransportPeer;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

final class LineTransportTest extends TransportContract<LineConnection> {
  private final FlakyPeer peer;
  private final BlackHole nowhere;

  LineTransportTest() throws IOException {
    peer = new FlakyPeer();
    nowhere = BlackHole.open();
  }

  @Override
  protected TransportPeer peer() {
    return peer;
  }

  @Override
  protected Transport<LineConnection> transport() {
    return new LineTransport(peer.endpoint(), "me");
  }

  @Override
  protected void use(LineConnection connection) throws IOException {
    assertEquals("answer 6 x 7", connection.ask("6 x 7", Duration.ofSeconds(5)));
  }

  @Override
  protected Optional<Transport<LineConnection>> toNowhere() {
    Endpoint endpoint = Endpoint.of(nowhere.address().getHostString(), nowhere.address().getPort());
    return Optional.of(new LineTransport(endpoint, "me"));
  }

  @AfterEach
  void closePeers() throws IOException {
    peer.close();
    nowhere.close();
  }
}
