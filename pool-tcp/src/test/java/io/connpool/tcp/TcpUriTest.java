package io.connpool.tcp;

import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.PoolClosedException;
import io.connpool.net.Tls;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import io.connpool.testkit.UnixRelay;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pools by URI, and those the process shares: ids G-01 and G-02 of the study of the seeds. */
class TcpUriTest {

  @AfterEach
  void closeShared() {
    TcpPools.closeAll();
  }

  @Test
  void tcpTlsAndUnixAreFoundByTheirSchemes() throws Exception {
    TestCertificates mine = TestCertificates.ofLoopback();
    var context = Tls.system().identity(mine.certificate(), mine.key()).context();
    try (FlakyServer plain = FlakyServer.start(Behaviour.answerLines());
        FlakyServer tls = FlakyServer.startTls(context, false, Behaviour.answerLines());
        UnixRelay unix = UnixRelay.to(plain)) {
      String[] uris = {
        "tcp://" + plain.endpoint() + "?framing=lines&maxActive=3&timeout=20s",
        "tls://" + tls.endpoint() + "?framing=lines&maxActive=3&ca=" + mine.certificate(),
        "unix://" + unix.file() + "?framing=lines&maxActive=3"
      };
      for (String uri : uris) {
        try (TcpPool pool = TcpPool.of(uri).build();
            ConnPool<TcpConn> found = ConnPool.open(URI.create(uri), TcpConn.class)) {
          ask(pool);
          assertEquals(3, pool.pool().effectiveConfig().maxActive());
          assertEquals(
              "answer 1",
              text(
                  found.<java.nio.ByteBuffer, java.io.IOException>call(
                      conn -> conn.exchange(bytes("1")))));
          assertEquals(3, found.effectiveConfig().maxActive());
        }
      }
    }
  }

  @Test
  void everyOptionIsUnderstood() {
    TcpPool.of(
            "tcp://127.0.0.1:1?framing=length&header=4&order=little&inclusive=true&adjustment=2"
                + "&magic=cafe&checksum=crc32c&max=1k&timeout=1s&probeAfter=0s&dnsRefresh=1m&retries=2,100ms"
                + "&drain=1000,20ms&keepAlive=60s,15s,4&bindTo=127.0.0.1&compat=gtcp")
        .build()
        .close();
    TcpPool.of("tcp://127.0.0.1:1?framing=fixed&size=3").build().close();
    TcpPool.of("tcp://127.0.0.1:1?framing=delimiter&delimiter=END&max=10").build().close();
    TcpPool.of(
            "tls://127.0.0.1:1?serverName=a.example&alpn=a,b&versions=TLSv1.3"
                + "&verifyHostname=false")
        .build()
        .close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tcp://h:1?framing=length&header=0       | 0",
        "tcp://h:1?framing=length&header=9       | 9",
        "tcp://h:1?framing=length&header=1&max=300 | 300",
        "tcp://h:1?framing=delimiter             | empty",
        "tcp://h:1?framing=fixed                 | 0",
        "tcp://h:1?framing=xml                   | xml",
        "tcp://h:1?framing=length&checksum=md5   | md5",
        "tcp://h:1?tiemout=1s                    | tiemout",
        "tcp://h:1?timeout=0s                    | PT0S",
        "tcp://h:1?timeout=soon                  | soon",
        "tcp://h:1?drain=64                      | 64",
        "tcp://h:1?retries=x,1ms                 | x",
        "tcp://h:1?keepAlive=60s,15s             | 60s,15s",
        "tcp://h:1?maxActive=-1                  | -1",
        "tcp://h:1?ca=a.pem                      | ca",
        "tls://h:1?ca=/nowhere/ca.pem            | /nowhere/ca.pem",
        "tls://h:1?cert=a.pem                    | key",
        "tls://h:1?versions=SSLv2                | SSLv2",
        "unix:///s?bindTo=127.0.0.1              | bindTo",
        "udp://h:1                               | udp",
        "tcp://h                                 | h",
      })
  void aMistakeIsQuotedBeforeAnythingIsDialed(String uri, String quoted) {
    var wrong = assertThrows(IllegalArgumentException.class, () -> TcpPool.of(uri));
    assertTrue(wrong.getMessage().contains(quoted), wrong::getMessage);
  }

  @Test
  void connectionsOfAnotherTypeAreRefused() {
    URI uri = URI.create("tcp://127.0.0.1:1");
    assertThrows(IllegalArgumentException.class, () -> ConnPool.open(uri, SocketChannel.class));
  }

  @Test
  void g01_theSameUriIsTheSamePoolUntilItIsClosed() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      String uri = "tcp://" + server.endpoint() + "?framing=lines";
      TcpPool pool = TcpPools.shared(uri);
      assertSame(pool, TcpPools.shared(uri));
      assertNotSame(pool, TcpPools.shared(uri + "&maxActive=2"));
      ask(pool);
      pool.close();
      assertThrows(PoolClosedException.class, () -> ask(pool));
      assertNotSame(pool, TcpPools.shared(uri));
      ask(TcpPools.shared(uri));
    }
  }

  @Test
  void g02_otherSettingsAreAnotherPoolThatReallyHasThem() {
    TcpPool one = TcpPools.shared("tcp://127.0.0.1:1?dialTimeout=1s");
    TcpPool five = TcpPools.shared("tcp://127.0.0.1:1?dialTimeout=5s");
    assertEquals(Duration.ofSeconds(1), one.pool().effectiveConfig().dialTimeout());
    assertEquals(Duration.ofSeconds(5), five.pool().effectiveConfig().dialTimeout());
  }
}
