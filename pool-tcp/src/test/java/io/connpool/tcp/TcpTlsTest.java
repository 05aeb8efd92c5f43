package io.connpool.tcp;

import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.askIdempotent;
import static io.connpool.tcp.Conversation.lines;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Tls;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import java.io.IOException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

/** Pools of encrypted connections: ids G-12, G-50 and G-51 of the study of the seeds. */
class TcpTlsTest {
  private static final TestCertificates SERVER = TestCertificates.ofLoopback();
  private static final TestCertificates OTHER = TestCertificates.ofOtherHost();
  private static final TestCertificates CLIENT = TestCertificates.ofClient();

  @Test
  void g12_tlsIsPooledLikeAnythingElse() throws Exception {
    TestCertificates mine = TestCertificates.ofLoopback();
    var context = Tls.system().identity(mine.certificate(), mine.key()).context();
    try (FlakyServer server = FlakyServer.startTls(context, false, Behaviour.answerLines());
        TcpPool pool =
            lines(server)
                .tls(Tls.system().trust(mine.certificate()))
                .probeAfter(Duration.ZERO)
                .pool(p -> p.maxActive(1)) // a handshake that takes a second gets no help
                .build()) {
      for (int i = 0; i < 10; i++) {
        ask(pool);
      }
      assertEquals(1, server.accepted(), "one handshake; late tickets are not dirt");
      assertTrue(pool.pool().<Boolean, IOException>call(c -> c.tlsSession().isPresent()));
      server.closeAllConnections();
      askIdempotent(pool);
    }
  }

  @Test
  void g50_aCertificateForAnotherHostIsRefusedUnlessTheCheckIsOff() throws Exception {
    SSLContext context = Tls.system().identity(OTHER.certificate(), OTHER.key()).context();
    Tls trusting = Tls.system().trust(OTHER.certificate());
    try (FlakyServer server = FlakyServer.startTls(context, false, Behaviour.answerLines());
        TcpPool strict = lines(server).tls(trusting).build();
        TcpPool named = lines(server).tls(trusting.serverName("other.example")).build();
        TcpPool lax = lines(server).tls(trusting.verifyHostname(false)).build()) {
      assertThrows(Exception.class, () -> ask(strict));
      ask(named);
      ask(lax);
    }
  }

  @Test
  void g51_pemFilesLetAClientInWhereOneIsAskedFor() throws Exception {
    SSLContext context =
        Tls.system()
            .identity(SERVER.certificate(), SERVER.key())
            .trust(CLIENT.certificate())
            .context();
    try (FlakyServer server = FlakyServer.startTls(context, true, Behaviour.answerLines())) {
      String uri = "tls://" + server.endpoint() + "?framing=lines&ca=" + SERVER.certificate();
      String me = "&cert=" + CLIENT.certificate() + "&key=" + CLIENT.key();
      try (TcpPool known = TcpPool.of(uri + me).build();
          TcpPool unknown = TcpPool.of(uri).build()) {
        ask(known);
        int certificates =
            known
                .pool()
                .<Integer, IOException>call(
                    conn -> conn.tlsSession().orElseThrow().getLocalCertificates().length);
        assertEquals(1, certificates);
        assertThrows(Exception.class, () -> ask(unknown));
      }
    }
  }
}
