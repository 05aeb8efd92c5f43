package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Tls;
import io.connpool.testkit.TestCertificates;
import io.connpool.thrift.ThriftCallException.Phase;
import io.connpool.thrift.gen.Echo;
import io.connpool.thrift.gen.Refused;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Apache's blocking servers, the only ones that speak TLS. */
class TlsTest {
  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  private EchoServer server(EchoServer.Kind kind, TestCertificates certificates, boolean framed)
      throws Exception {
    ServerSocket listener =
        Tls.system()
            .identity(certificates.certificate(), certificates.key())
            .context()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    return world.server(EchoServer.start(kind, listener, EchoServer.layer(framed)));
  }

  @ParameterizedTest
  @CsvSource({"SIMPLE,true", "SIMPLE,false", "THREAD_POOL,true", "THREAD_POOL,false"})
  void callsGoOverTlsAsOverAnySocket(EchoServer.Kind kind, boolean framed) throws Exception {
    TestCertificates certificates = TestCertificates.ofLoopback();
    EchoServer server = server(kind, certificates, framed);
    ThriftPool<Echo.Iface> pool =
        world.pool(
            MatrixTest.speaking(echo(server.endpoint()), Encoding.BINARY, framed)
                .tls(Tls.system().trust(certificates.certificate()))
                .probeAfter(Duration.ZERO)
                .maxActive(1));

    for (int i = 0; i < 20; i++) {
      assertEquals("answer to " + i, pool.client().echo("" + i));
    }
    String large = "x".repeat(200_000);
    assertEquals("answer to " + large, pool.client().echo(large));
    assertThrows(Refused.class, () -> pool.client().refuse("why"));

    assertEquals(1, pool.stats().dialed());
    assertEquals(1, connections(pool));
  }

  @Test
  void aCertificateOfAnotherHostIsRefusedInTheDialAndNothingIsSent() throws Exception {
    TestCertificates certificates = TestCertificates.ofOtherHost();
    EchoServer server = server(EchoServer.Kind.THREAD_POOL, certificates, true);
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(server.endpoint()).tls(Tls.system().trust(certificates.certificate())));

    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class,
            () -> pool.client(CallOptions.DEFAULT.withoutRetries()).echo("x"));

    assertEquals(Phase.ACQUIRE, failure.phase());
    assertTrue(
        Stream.iterate((Throwable) failure, c -> c != null, Throwable::getCause)
            .anyMatch(SSLException.class::isInstance),
        failure::toString);
    assertEquals(0, server.handler.runs("x"));
  }

  @Test
  void aLateAnswerOverTlsNeverReachesTheNextCall() throws Exception {
    TestCertificates certificates = TestCertificates.ofLoopback();
    EchoServer server = server(EchoServer.Kind.THREAD_POOL, certificates, true);
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(server.endpoint())
                .tls(Tls.system().trust(certificates.certificate()))
                .maxActive(1));
    pool.client().ping();

    assertThrows(
        ThriftCallException.class,
        () -> pool.client(CallOptions.timeout(Duration.ofMillis(100))).echoLater("slow-A", 300));

    assertEquals("answer to fast-B", pool.client().echoLater("fast-B", 0));
  }
}
