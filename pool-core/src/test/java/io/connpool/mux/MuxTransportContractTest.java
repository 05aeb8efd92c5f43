package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.connpool.Transport;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import io.connpool.testkit.BlackHole;
import io.connpool.testkit.TestCertificates;
import io.connpool.testkit.TransportContract;
import io.connpool.testkit.TransportPeer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** What a pool relies on, over each kind of multiplexed connection. */
final class MuxTransportContractTest {

  private abstract static class Contract extends TransportContract<MuxConnection> {
    static final InetSocketAddress LOOPBACK =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    MuxPeer relay;
    private BlackHole hole;

    @Override
    protected TransportPeer peer() throws Exception {
      relay = MuxPeer.tcp(MuxServer.listen(LOOPBACK, MuxRequest::body));
      return relay;
    }

    @Override
    protected void use(MuxConnection connection) throws Exception {
      byte[] question = {1, 2, 3};
      assertArrayEquals(question, connection.call(question));
    }

    @Override
    protected Optional<Transport<MuxConnection>> toNowhere() throws Exception {
      hole = BlackHole.open();
      return Optional.of(MuxTransport.to(Endpoint.of("127.0.0.1", hole.address().getPort())));
    }

    @AfterEach
    final void close() throws Exception {
      relay.close();
      if (hole != null) {
        hole.close();
      }
    }
  }

  @Nested
  final class Tcp extends Contract {
    @Override
    protected Transport<MuxConnection> transport() {
      return MuxTransport.to(Endpoint.of("127.0.0.1", relay.port()));
    }
  }

  @Nested
  final class Encrypted extends Contract {
    private final TestCertificates mine = TestCertificates.ofLoopback();

    @Override
    protected TransportPeer peer() throws Exception {
      Tls tls = Tls.system().identity(mine.certificate(), mine.key());
      relay =
          MuxPeer.tcp(
              MuxServer.listenTls(
                  LOOPBACK, MuxOptions.defaults(), tls.context(), MuxRequest::body));
      return relay;
    }

    @Override
    protected Transport<MuxConnection> transport() {
      return MuxTransport.toTls(
          Endpoint.of("127.0.0.1", relay.port()), Tls.system().trust(mine.certificate()));
    }
  }

  @Nested
  final class Unix extends Contract {
    private Path file;

    @Override
    protected TransportPeer peer() throws Exception {
      file = Files.createTempDirectory("mux").resolve("socket");
      relay =
          new MuxPeer(
              UnixDomainSocketAddress.of(file), MuxServer.listen(LOOPBACK, MuxRequest::body));
      return relay;
    }

    @Override
    protected Transport<MuxConnection> transport() {
      return MuxTransport.toUnix(file);
    }

    @AfterEach
    void delete() throws Exception {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.getParent());
    }
  }
}
