package io.connpool.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final TestCertificates SERVER = TestCertificates.ofLoopback();
  private static final TestCertificates OTHER = TestCertificates.ofOtherHost();
  private static final TestCertificates CLIENT = TestCertificates.ofClient();

  @TempDir Path folder;

  /** Shows the loopback certificate and trusts the client's. */
  static SSLContext serverContext() {
    return Tls.system()
        .identity(SERVER.certificate(), SERVER.key())
        .trust(CLIENT.certificate())
        .context();
  }

  @Nested
  class TheHandshake {

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void speaksTheVersionsItIsTold(String version) throws Exception {
      try (FlakyServer server = FlakyServer.startTls(serverContext(), false, Behaviour.echo());
          Wire wire = dial(server, trusting(SERVER).versions(version))) {
        assertEquals(version, wire.tlsSession().orElseThrow().getProtocol());
        assertEquals("hi", echo(wire));
      }
    }

    @Test
    void aCertificateOfAnUnknownAuthorityIsRefused() throws Exception {
      try (FlakyServer server = FlakyServer.startTls(serverContext(), false, Behaviour.echo())) {
        var refused = assertThrows(SSLHandshakeException.class, () -> dial(server, Tls.system()));
        assertTrue(refused.getMessage().contains(server.endpoint().toString()));
        server.awaitOpen(0, LIMIT);
      }
    }

    @Test
    void aCertificateForAnotherHostIsRefusedUnlessTheCheckIsOff() throws Exception {
      SSLContext other = Tls.system().identity(OTHER.certificate(), OTHER.key()).context();
      try (FlakyServer server = FlakyServer.startTls(other, false, Behaviour.echo())) {
        assertThrows(SSLHandshakeException.class, () -> dial(server, trusting(OTHER)));
        try (Wire wire = dial(server, trusting(OTHER).verifyHostname(false))) {
          assertEquals("hi", echo(wire));
        }
      }
    }

    @Test
    void theNameToLookForMayBeAnotherThanTheHost() throws Exception {
      SSLContext other = Tls.system().identity(OTHER.certificate(), OTHER.key()).context();
      try (FlakyServer server = FlakyServer.startTls(other, false, Behaviour.echo());
          Wire wire = dial(server, trusting(OTHER).serverName("other.example"))) {
        assertEquals("hi", echo(wire));
      }
      assertThrows(IllegalArgumentException.class, () -> Tls.system().serverName("no name at all"));
    }

    @Test
    void theServerIsToldTheNameThatIsAskedFor() {
      var engine = Tls.system().serverName("other.example").engine(Endpoint.of("127.0.0.1", 1));
      assertEquals("other.example", engine.getPeerHost());
      assertEquals("HTTPS", engine.getSSLParameters().getEndpointIdentificationAlgorithm());
      var names = Tls.system().engine(Endpoint.of("db.example", 1)).getSSLParameters();
      // What the JDK adds by itself is not in the parameters; what is there must not be empty.
      assertTrue(
          names.getServerNames() == null
              || names.getServerNames().stream()
                  .map(SNIServerName::getEncoded)
                  .noneMatch(name -> name.length == 0));
    }

    @Test
    void aClientWithACertificateIsLetInAndOneWithoutIsNot() throws Exception {
      try (FlakyServer server = FlakyServer.startTls(serverContext(), true, Behaviour.echo())) {
        Tls me = trusting(SERVER).identity(CLIENT.certificate(), CLIENT.key());
        try (Wire wire = dial(server, me)) {
          assertEquals("hi", echo(wire));
          assertEquals(1, wire.tlsSession().orElseThrow().getLocalCertificates().length);
        }
        // In TLS 1.3 the refusal comes after the client's side of the handshake.
        assertThrows(
            IOException.class,
            () -> {
              try (Wire wire = dial(server, trusting(SERVER))) {
                echo(wire);
              }
            });
      }
    }

    @Test
    void aSilentPeerIsGivenUpAtTheDeadline() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.acceptThenSilence())) {
        Wire raw = raw(server);
        assertThrows(
            SocketTimeoutException.class,
            () ->
                trusting(SERVER)
                    .handshake(raw, server.endpoint(), Deadline.after(Duration.ofMillis(80))));
        assertFalse(raw.isOpen());
      }
    }

    @Test
    void aPeerThatSpeaksNoTlsIsAFailure() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.strayOnAccept("220 hello\n"))) {
        assertThrows(SSLException.class, () -> dial(server, trusting(SERVER)));
        server.awaitOpen(0, LIMIT);
      }
    }

    @Test
    void aPeerThatHangsUpIsAFailure() throws Exception {
      try (FlakyServer server = FlakyServer.start(c -> c.skip(1))) {
        assertThrows(IOException.class, () -> dial(server, trusting(SERVER)));
      }
    }

    @Test
    void theProtocolThePeerChoosesIsTold() throws Exception {
      try (AlpnServer server = AlpnServer.choosing("two");
          Wire wire =
              trusting(SERVER)
                  .alpn("one", "two")
                  .handshake(
                      Wire.over(Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT))),
                      server.endpoint(),
                      Deadline.after(LIMIT))) {
        assertEquals(Optional.of("two"), wire.applicationProtocol());
      }
      assertThrows(IllegalArgumentException.class, () -> Tls.system().alpn());
      assertThrows(IllegalArgumentException.class, () -> Tls.system().alpn("one", ""));
    }

    @Test
    void anUnknownVersionIsQuoted() {
      var wrong = assertThrows(IllegalArgumentException.class, () -> Tls.system().versions("9.9"));
      assertTrue(wrong.getMessage().contains("9.9") && wrong.getMessage().contains("TLSv1.3"));
    }
  }

  @Nested
  class PemFiles {

    @Test
    void aFileThatIsNotThereIsNamed() {
      assertNamed(folder.resolve("nowhere.pem"), "cannot be read");
    }

    @Test
    void aFileWithoutACertificateIsNamed() throws Exception {
      assertNamed(write("hello"), "BEGIN CERTIFICATE");
    }

    @Test
    void aBrokenCertificateIsNamed() throws Exception {
      assertNamed(
          write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
          "cannot be read");
    }

    private void assertNamed(Path file, String why) {
      var wrong = assertThrows(IllegalArgumentException.class, () -> Tls.system().trust(file));
      assertTrue(wrong.getMessage().contains(file.toString()), wrong::getMessage);
      assertTrue(wrong.getMessage().contains(why), wrong::getMessage);
    }

    @Test
    void aKeyWithAPasswordOrOfAnotherFormIsExplained() throws Exception {
      assertKeyRefused(
          write(
              "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                  + "-----END ENCRYPTED PRIVATE KEY-----\n"),
          "password");
      assertKeyRefused(
          write("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
          "openssl pkcs8");
      assertKeyRefused(
          write("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
          "cannot be read");
      assertKeyRefused(CLIENT.certificate(), "BEGIN PRIVATE KEY");
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused() {
      assertKeyRefused(SERVER.key(), "is not that of");
      assertKeyRefused(OTHER.key(), "is not that of");
    }

    private void assertKeyRefused(Path key, String why) {
      var wrong =
          assertThrows(
              IllegalArgumentException.class,
              () -> Tls.system().identity(CLIENT.certificate(), key));
      assertTrue(wrong.getMessage().contains(key.toString()), wrong::getMessage);
      assertTrue(wrong.getMessage().contains(why), wrong::getMessage);
    }

    @Test
    void certificatesAndKeyMayStandInOneFileWithOtherText() throws Exception {
      Path both =
          write(
              "made by a tool\n"
                  + Files.readString(CLIENT.key(), US_ASCII)
                  + Files.readString(CLIENT.certificate(), US_ASCII));
      Tls.system().identity(both, both);
    }

    private Path write(String text) throws IOException {
      return Files.writeString(Files.createTempFile(folder, "a", ".pem"), text, US_ASCII);
    }

    @Test
    void nothingIsAddedToAGivenContext() {
      Tls given = Tls.of(serverContext());
      assertThrows(IllegalStateException.class, () -> given.trust(SERVER.certificate()));
      assertThrows(
          IllegalStateException.class, () -> given.identity(CLIENT.certificate(), CLIENT.key()));
    }
  }

  private static Tls trusting(TestCertificates whom) {
    return Tls.system().trust(whom.certificate());
  }

  private static Wire raw(FlakyServer server) throws IOException {
    return Wire.over(Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT)));
  }

  private static Wire dial(FlakyServer server, Tls tls) throws IOException {
    return tls.handshake(raw(server), server.endpoint(), Deadline.after(LIMIT));
  }

  private static String echo(Wire wire) throws IOException {
    wire.write(ByteBuffer.wrap("hi".getBytes(UTF_8)));
    ByteBuffer into = ByteBuffer.allocate(2);
    while (into.hasRemaining()) {
      if (wire.read(into) < 0) {
        throw new IOException("ended early");
      }
    }
    return new String(into.array(), UTF_8);
  }

  /** Agrees on one protocol with whoever comes first. */
  private static final class AlpnServer implements AutoCloseable {
    private final javax.net.ssl.SSLServerSocket listener;
    private final Thread thread;

    private AlpnServer(javax.net.ssl.SSLServerSocket listener) {
      this.listener = listener;
      thread = new Thread(this::serve, "alpn-server");
      thread.start();
    }

    static AlpnServer choosing(String protocol) throws IOException {
      var listener =
          (javax.net.ssl.SSLServerSocket)
              serverContext()
                  .getServerSocketFactory()
                  .createServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress());
      var parameters = listener.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {protocol});
      listener.setSSLParameters(parameters);
      return new AlpnServer(listener);
    }

    Endpoint endpoint() {
      return Endpoint.of("127.0.0.1", listener.getLocalPort());
    }

    private void serve() {
      try (var socket = listener.accept()) {
        assertEquals(-1, socket.getInputStream().read());
      } catch (IOException failure) {
        throw new AssertionError(failure);
      }
    }

    @Override
    public void close() throws Exception {
      thread.join(20_000);
      listener.close();
    }
  }
}
