package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.Lease;
import io.connpool.testkit.FlakyServer;
import io.connpool.thrift.gen.Echo;
import java.time.Duration;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.transport.TSocket;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFramedTransport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A call times out, its answer comes later, and the next caller must not get it. With libthrift
 * alone and a pool around it that is what happens, because every client counts its ids from 1.
 */
class WrongAnswerTest {
  private static final int LATE = 1500;
  private static final Duration SHORT = Duration.ofMillis(500);

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  @Test
  void slowAnswersFastInAHandWrittenPool() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    try (GenericObjectPool<TTransport> pool = handWritten(server)) {
      TTransport transport = pool.borrowObject();
      try {
        assertThrows(
            TTransportException.class, () -> clientOf(transport).echoLater("slow-A", LATE));
      } finally {
        pool.returnObject(transport); // the mistake that everybody makes once
      }

      TTransport again = pool.borrowObject();
      ((TSocket) ((TFramedTransport) again).getInnerTransport()).setTimeout(5000);
      String answer = clientOf(again).echoLater("fast-B", 0);
      pool.returnObject(again);

      assertEquals("answer to slow-A", answer, "libthrift has been mended: the demo is history");
    }
  }

  private static Echo.Client clientOf(TTransport transport) {
    return new Echo.Client(new TBinaryProtocol(transport));
  }

  private static GenericObjectPool<TTransport> handWritten(EchoServer server) {
    return new GenericObjectPool<>(
        new BasePooledObjectFactory<>() {
          @Override
          public TTransport create() throws TException {
            int timeout = (int) SHORT.toMillis();
            TSocket socket =
                new TSocket(server.endpoint().host(), server.endpoint().port(), timeout);
            TTransport framed = new TFramedTransport(socket);
            framed.open();
            return framed;
          }

          @Override
          public PooledObject<TTransport> wrap(TTransport transport) {
            return new DefaultPooledObject<>(transport);
          }

          @Override
          public boolean validateObject(PooledObject<TTransport> pooled) {
            return pooled.getObject().isOpen();
          }
        });
  }

  @Test
  void slowNeverAnswersFastThroughTheProxy() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();
    Echo.Iface quick = pool.client(CallOptions.timeout(SHORT));

    assertThrows(ThriftCallException.class, () -> quick.echoLater("slow-A", LATE));

    assertEquals("answer to fast-B", pool.client().echoLater("fast-B", 0));
  }

  @Test
  void slowNeverAnswersFastThroughALambdaThatSwallowsTheTimeout() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();

    String nothing =
        pool.call(
            CallOptions.timeout(SHORT),
            c -> {
              try {
                return c.echoLater("slow-A", LATE);
              } catch (TException swallowed) {
                return "nothing";
              }
            });

    assertEquals("nothing", nothing);
    assertEquals("answer to fast-B", pool.call(c -> c.echoLater("fast-B", 0)));
  }

  @Test
  void slowNeverAnswersFastThroughALeaseThatIsClosedAsIfNothingHadHappened() throws Exception {
    ThriftPool<Echo.Iface> pool = pool();

    try (Lease<Echo.Iface> lease = pool.lease(CallOptions.timeout(SHORT))) {
      assertThrows(ThriftCallException.class, () -> lease.get().echoLater("slow-A", LATE));
      // nor on the same lease
      assertThrows(ThriftCallException.class, () -> lease.get().echoLater("fast-B", 0));
    }

    try (Lease<Echo.Iface> lease = pool.lease()) {
      assertEquals("answer to fast-B", lease.get().echoLater("fast-B", 0));
    }
  }

  /**
   * As before, with a server that makes the race certain: the old answer is there before the new
   * request is sent, and it carries every id that the next calls could have.
   */
  @Test
  void anAnswerThatFitsTheIdsOfAFreshClientStillReachesNobody() throws Exception {
    FlakyServer server =
        world.faultServer(
            ThriftPeer.behaving(
                (peer, request) -> {
                  if (request.text().equals("first")) {
                    peer.answer(request);
                    for (int id = 1; id <= 3; id++) {
                      peer.send(ThriftPeer.reply("echo", id, "slow-A"));
                    }
                  } else {
                    peer.answer(request);
                  }
                }));
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxActive(1));

    assertEquals("answer to first", pool.client().echo("first"));
    for (int i = 0; i < 5; i++) {
      try {
        assertNotEquals("slow-A", pool.client().echo("fast-B"));
      } catch (ThriftCallException refused) {
        // The stray bytes came after the look before the loan. An error, but no wrong answer.
        assertEquals(TTransportException.CORRUPTED_DATA, refused.getType());
      }
    }
  }

  private ThriftPool<Echo.Iface> pool() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxActive(1));
    pool.client().ping(); // dialed, so that a short time-out is all for the call
    return pool;
  }
}
