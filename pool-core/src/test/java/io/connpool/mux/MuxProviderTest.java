package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.net.Tls;
import io.connpool.testkit.TestCertificates;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pools by URI. */
@Timeout(60)
class MuxProviderTest {
  private static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final byte[] QUESTION = {1, 2, 3};

  private static void ask(String uri) throws Exception {
    try (ConnPool<MuxConnection> pool = ConnPool.open(URI.create(uri), MuxConnection.class)) {
      assertArrayEquals(QUESTION, pool.call(connection -> connection.call(QUESTION)));
      assertEquals(3, pool.effectiveConfig().maxActive());
    }
  }

  @Test
  void muxIsFoundByItsScheme() throws Exception {
    try (MuxServer server = MuxServer.listen(LOOPBACK, MuxRequest::body)) {
      ask("mux://127.0.0.1:" + server.port() + "?maxActive=3");
    }
  }

  @Test
  void soIsMuxOverTls() throws Exception {
    TestCertificates mine = TestCertificates.ofLoopback();
    Tls tls = Tls.system().identity(mine.certificate(), mine.key());
    try (MuxServer server =
        MuxServer.listenTls(LOOPBACK, MuxOptions.defaults(), tls.context(), MuxRequest::body)) {
      ask("mux+tls://localhost:" + server.port() + "?maxActive=3&ca=" + mine.certificate());
      ask(
          "mux+tls://127.0.0.1:%d?maxActive=3&serverName=localhost&versions=TLSv1.3&ca=%s"
              .formatted(server.port(), mine.certificate()));
      String stranger =
          "mux+tls://127.0.0.1:%d?maxActive=3&acquireTimeout=20s&serverName=other.example&ca=%s"
              .formatted(server.port(), mine.certificate());
      assertThrows(io.connpool.DialException.class, () -> ask(stranger));
    }
  }

  @Test
  void soIsMuxOverAUnixSocket() throws Exception {
    Path folder = Files.createTempDirectory("mux");
    Path file = folder.resolve("socket");
    try (MuxServer server = MuxServer.listen(UnixDomainSocketAddress.of(file), MuxRequest::body)) {
      ask("mux+unix://" + file + "?maxActive=3");
      assertTrue(server.connections().size() <= 1);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }

  @Test
  void everyOptionIsUnderstood() {
    ConnPool.open(
            URI.create(
                "mux://127.0.0.1:1?timeout=1s&handshakeTimeout=1s&maxInFlight=10"
                    + "&maxPendingBytes=1m&whenFull=fail&maxMessage=1m&pingAfter=1s&pingTimeout=1s"
                    + "&writeStallTimeout=1s&frameTimeout=1s&inlineCallbacks=true&growAt=7"
                    + "&maxActive=2&name=orders"),
            MuxConnection.class)
        .close();
    assertEquals(Set.of("mux", "mux+tls", "mux+unix"), new MuxProvider().schemes());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mux://h:1?growAt=0             | 0",
        "mux://h:1?maxInFlight=0        | 0",
        "mux://h:1?maxMessage=3g        | 2147483647",
        "mux://h:1?timeout=0s           | PT0S",
        "mux://h:1?whenFull=panic       | panic",
        "mux://h:1?tiemout=1s           | tiemout",
        "mux://h:1?ca=a.pem             | ca",
        "mux://h                        | h",
        "mux+tls://h:1?ca=/nowhere.pem  | /nowhere.pem",
        "mux+tls://h:1?cert=a.pem       | key",
        "mux+unix://h:1/s               | h:1",
      })
  void aMistakeIsNamed(String uri, String quoted) {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> ConnPool.builder(URI.create(uri), MuxConnection.class));
    assertTrue(failure.getMessage().contains(quoted), failure::getMessage);
  }
}
