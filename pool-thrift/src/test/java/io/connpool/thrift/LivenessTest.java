package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Lease;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.thrift.gen.Echo;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.transport.TEndpointTransport;
import org.apache.thrift.transport.TTransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How dead connections are found before a call finds them. */
class LivenessTest {
  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  @ParameterizedTest
  @EnumSource(EchoServer.Kind.class)
  void everyServerSaysThatItDoesNotKnowAMethodAndGoesOn(EchoServer.Kind kind) throws Exception {
    EchoServer server = world.server(EchoServer.start(kind, Encoding.BINARY, true));
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(server.endpoint())
                .maxActive(1)
                .heartbeatByUnknownMethod()
                .pool(core -> core.heartbeatInterval(Duration.ofMillis(10))));

    for (int i = 0; i < 5; i++) {
      assertEquals("answer to x", pool.client().echo("x"));
    }

    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void theUnknownMethodIsAskedForByName() throws Exception {
    Queue<String> asked = new ConcurrentLinkedQueue<>();
    FlakyServer server =
        world.faultServer(
            ThriftPeer.behaving(
                (peer, request) -> {
                  asked.add(request.name());
                  peer.answer(request); // this one knows every method
                }));
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(server.endpoint()).service("orders").heartbeatByUnknownMethod());

    assertEquals("answer to x", pool.client().echo("x"));

    assertEquals("[orders:__connpool_ping__, orders:echo]", asked.toString());
  }

  @Test
  void aHeartbeatOfTheServicesOwnMayBeAnyCall() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    AtomicInteger beats = new AtomicInteger();
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(server.endpoint())
                .heartbeat(
                    client -> {
                      beats.incrementAndGet();
                      client.ping();
                    }));

    assertEquals("answer to x", pool.client().echo("x"));

    assertEquals(1, beats.get(), "the first one is part of the dial");
  }

  @Test
  void aHeartbeatThatIsAnsweredWithAFailureMeansDead() throws Exception {
    FlakyServer server =
        world.faultServer(
            ThriftPeer.behaving(
                (peer, request) ->
                    peer.send(
                        ThriftPeer.exception(
                            request.name(),
                            request.id(),
                            TApplicationException.INTERNAL_ERROR,
                            "not well"))),
            ThriftPeer.good());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).heartbeatByUnknownMethod());

    assertEquals("answer to x", pool.client().echo("x"));

    assertEquals(1, pool.stats().dialFailures());
  }

  @Test
  void aHeartbeatThatLeavesSomethingOpenMeansDead() throws Exception {
    FlakyServer server = world.faultServer(Behaviour.acceptThenSilence(), ThriftPeer.good());
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(server.endpoint())
                .heartbeat(client -> ((Echo.Client) client).send_echo("never read")));

    assertThrows(
        ThriftCallException.class,
        () -> pool.client(CallOptions.DEFAULT.withoutRetries()).echo("x"));

    assertEquals(0, connections(pool));
    assertTrue(pool.stats().dialFailures() > 0);
  }

  @Test
  void aHeartbeatWithoutAnAnswerIsCutOff() throws Exception {
    FlakyServer server = world.faultServer(Behaviour.acceptThenSilence(), ThriftPeer.good());
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(server.endpoint())
                .connectTimeout(Duration.ofSeconds(2))
                .heartbeatByUnknownMethod());

    assertEquals("answer to x", pool.client().echo("x"));

    // The pool had begun another dial before this one was cut off.
    ThriftWorld.eventually(
        () -> "cut off: " + pool.stats(), () -> pool.stats().dialFailures() == 1);
  }

  @Test
  void whenOneConnectionWasEndedByTheServerTheOthersAreLookedAt() throws Exception {
    FlakyServer server = world.faultServer(ThriftPeer.good());
    ThriftPool<Echo.Iface> pool =
        world.pool(
            echo(server.endpoint())
                .maxActive(3)
                .maxIdle(3)
                // so that only suspicion makes it look
                .probeAfter(Duration.ofHours(1)));
    try (Lease<Echo.Iface> a = pool.lease();
        Lease<Echo.Iface> b = pool.lease();
        Lease<Echo.Iface> c = pool.lease()) {
      a.get().echo("a");
      b.get().echo("b");
      c.get().echo("c");
    }
    assertEquals(3, connections(pool));

    server.closeAllConnections();
    int failures = 0;
    for (int call = 0; call < 10; call++) {
      try {
        assertEquals("answer to x", pool.client().echo("x"));
      } catch (ThriftCallException failure) {
        failures++;
      }
    }

    int seen = failures;
    assertTrue(seen <= 1, () -> seen + " calls were lost, one for each dead connection");
  }

  @Test
  void largeAnswersDoNotStayInTheMemoryOfIdleConnections() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxActive(1));
    WireState state = new WireState("nowhere");
    StreamMessages messages = new FramedMessages(new LoopbackLink(), state, 1 << 24);

    state.outgoing(new TMessage("x", (byte) 4, 0), ""); // a one-way message
    messages.write(new byte[1_000_000]);
    messages.flush();
    int blownUp = messages.bytesKept();
    messages.trim();

    assertTrue(blownUp > 1_000_000);
    assertTrue(messages.bytesKept() < 100_000, () -> messages.bytesKept() + " bytes are kept");
    assertEquals(1_000_000, pool.client().blob(1_000_000, (byte) 1).remaining());
    assertEquals(1, connections(pool));
  }

  /** Takes everything, gives nothing. */
  static final class LoopbackLink extends TEndpointTransport {
    LoopbackLink() throws TTransportException {
      super(new TConfiguration());
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void open() {}

    @Override
    public void close() {}

    @Override
    public int read(byte[] into, int offset, int length) {
      return 0;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {}
  }
}
