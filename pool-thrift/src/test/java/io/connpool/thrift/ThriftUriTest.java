package io.connpool.thrift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.net.Tls;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import io.connpool.testkit.UnixRelay;
import io.connpool.thrift.gen.Echo;
import io.connpool.thrift.gen.Refused;
import java.net.InetAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pools by URI. */
class ThriftUriTest {
  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  private static ConnPool<Echo.Iface> open(String uri) {
    return ConnPool.open(URI.create(uri), Echo.Iface.class);
  }

  @ParameterizedTest
  @CsvSource({"BINARY,true", "COMPACT,false", "JSON,true"})
  void everyDialectCanBeWrittenDown(Encoding encoding, boolean framed) throws Exception {
    EchoServer server =
        world.server(EchoServer.start(EchoServer.Kind.THREAD_POOL, encoding, framed));
    String uri =
        "thrift://%s?protocol=%s&framing=%s&maxActive=3&heartbeat=unknown-method&maxMessageSize=1m"
            .formatted(
                server.endpoint(), encoding.name().toLowerCase(), framed ? "framed" : "buffered");

    try (ConnPool<Echo.Iface> pool = open(uri)) {
      assertEquals("answer to x", pool.call(client -> client.echo("x")));
      assertEquals(3, pool.effectiveConfig().maxActive());
    }
    ThriftPool<Echo.Iface> pool = world.pool(ThriftPool.builder(URI.create(uri), Echo.Iface.class));
    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(3, pool.effectiveConfig().maxActive());
  }

  @Test
  void aPoolThatLendsClientsJudgesThemByTheirWireToo() throws Exception {
    EchoServer server = world.server(EchoServer.start());

    try (ConnPool<Echo.Iface> pool =
        open("thrift://" + server.endpoint() + "?maxActive=1&callTimeout=200ms")) {
      assertThrows(Refused.class, () -> pool.call(client -> client.refuse("why")));
      assertEquals(1, pool.stats().idle());
      try (Lease<Echo.Iface> lease = pool.acquire()) {
        assertThrows(ThriftCallException.class, () -> lease.get().echoLater("slow-A", 500));
      }
      assertEquals("answer to fast-B", pool.call(client -> client.echoLater("fast-B", 0)));
      assertEquals(2, pool.stats().dialed());
    }
  }

  @Test
  void tlsAndUnixSocketsHaveSchemesOfTheirOwn() throws Exception {
    TestCertificates mine = TestCertificates.ofLoopback();
    EchoServer tls =
        world.server(
            EchoServer.start(
                EchoServer.Kind.THREAD_POOL,
                Tls.system()
                    .identity(mine.certificate(), mine.key())
                    .context()
                    .getServerSocketFactory()
                    .createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                EchoServer.layer(true)));
    FlakyServer plain = world.faultServer(ThriftPeer.good());

    try (ConnPool<Echo.Iface> pool =
        open("thrift+tls://" + tls.endpoint() + "?ca=" + mine.certificate())) {
      assertEquals("answer to x", pool.call(client -> client.echo("x")));
    }
    try (UnixRelay unix = UnixRelay.to(plain);
        ConnPool<Echo.Iface> pool = open("thrift+unix://" + unix.file())) {
      assertEquals("answer to x", pool.call(client -> client.echo("x")));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "thrift://h:1?protocol=xml          | xml",
        "thrift://h:1?framing=none          | none",
        "thrift://h:1?protcol=json          | protcol",
        "thrift://h:1?callTimeout=0s        | PT0S",
        "thrift://h:1?maxMessageSize=0      | 0",
        "thrift://h:1?maxActive=-1          | -1",
        "thrift://h:1?heartbeat=ping        | ping",
        "thrift://h:1?ca=a.pem              | ca",
        "thrift+tls://h:1?cert=a.pem        | key",
        "thrift://h                         | h",
        "tcp://h:1                          | tcp",
      })
  void aMistakeIsQuotedBeforeAnythingIsDialed(String uri, String quoted) {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> ThriftPool.builder(URI.create(uri), Echo.Iface.class));
    assertTrue(wrong.getMessage().contains(quoted), wrong::getMessage);
  }

  @Test
  void connectionsOfAnotherTypeAreRefused() {
    URI uri = URI.create("thrift://127.0.0.1:1");
    assertThrows(IllegalArgumentException.class, () -> ConnPool.open(uri, Runnable.class));
  }
}
