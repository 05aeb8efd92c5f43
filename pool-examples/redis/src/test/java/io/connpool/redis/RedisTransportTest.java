package io.connpool.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.Transport;
import io.connpool.net.Endpoint;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.TransportContract;
import io.connpool.testkit.TransportPeer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;

/** What a pool relies on, with a real server. */
@EnabledIf(
    value = "io.connpool.redis.RedisServer#isInstalled",
    disabledReason = RedisServer.NOT_INSTALLED)
final class RedisTransportTest extends TransportContract<RedisConnection> {
  private static RedisServer server;

  private final RedisPeer peer;
  private final BlackHole nowhere;

  RedisTransportTest() throws IOException {
    peer = new RedisPeer(server);
    nowhere = BlackHole.open();
  }

  @BeforeAll
  static void startServer() throws IOException {
    server = RedisServer.start();
  }

  @AfterAll
  static void endServer() {
    server.close();
  }

  @Override
  protected TransportPeer peer() {
    return peer;
  }

  @Override
  protected Transport<RedisConnection> transport() {
    return to(peer.endpoint());
  }

  /** With a database, so that a dial has something to say and to wait for. */
  private static RedisTransport to(Endpoint endpoint) {
    return new RedisTransport(endpoint, Login.NONE.db(1), Duration.ofSeconds(5));
  }

  @Override
  protected void use(RedisConnection connection) throws IOException {
    List<Reply> replies =
        connection.pipeline(List.of(Command.of("ECHO", "6 x 7"), Command.of("DBSIZE")));
    assertEquals("6 x 7", replies.get(0).text());
    assertEquals(0, replies.get(1).integer());
  }

  @Override
  protected Optional<Transport<RedisConnection>> toNowhere() {
    return Optional.of(
        to(Endpoint.of(nowhere.address().getHostString(), nowhere.address().getPort())));
  }

  @AfterEach
  void closePeers() throws IOException {
    peer.close();
    nowhere.close();
  }
}
