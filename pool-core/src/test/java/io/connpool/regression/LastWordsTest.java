package io.connpool.regression;

import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.PoolEvent.Closed;
import io.connpool.Transport;
import io.connpool.net.Probe;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.EventRecorder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.PoolWorld;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a peer said before it hung up is the best hint at why it did, so it is not thrown away. */
class LastWordsTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  private final EventRecorder heard = new EventRecorder();

  /** A channel, and what its probe found in it. */
  private record Line(SocketChannel channel, ByteBuffer strays) {}

  /** How a transport over a real socket hands over what its probe has read. */
  private record LineTransport(FlakyServer server) implements Transport<Line> {
    @Override
    public Line dial(DialContext context) throws Exception {
      InetSocketAddress address = new InetSocketAddress("127.0.0.1", server.port());
      return new Line(SocketChannel.open(address), ByteBuffer.allocateDirect(256));
    }

    @Override
    public Health probe(Line line) {
      return Probe.check(line.channel(), line.strays());
    }

    @Override
    public byte[] lastWords(Line line) {
      byte[] words = new byte[line.strays().flip().remaining()];
      line.strays().get(words);
      return words;
    }

    @Override
    public void close(Line line, CloseReason reason) throws Exception {
      line.channel().close();
    }
  }

  @Test
  void whatARealServerSaidUnaskedIsInTheFiguresAndInTheEvent() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.echo());
        ConnPool<Line> pool =
            ConnPool.builder(new LineTransport(server)).maxActive(1).listener(heard).build()) {
      pool.acquire().close();
      server.awaitAccepted(1, Duration.ofSeconds(20));
      server.sendToAll("-ERR idle for too long\r\n");

      eventually(
          () -> "the probe finds it",
          () -> {
            pool.tryAcquire().ifPresent(lease -> lease.close());
            return heard.events(Closed.class).size() == 1;
          });

      assertEquals("-ERR idle for too long\\r\\n", pool.stats().lastWords());
      assertEquals("-ERR idle for too long\\r\\n", heard.await(Closed.class).lastWords());
      assertTrue(
          pool.stats().toString().endsWith("last words \"-ERR idle for too long\\r\\n\""),
          () -> pool.stats().toString());
    }
  }

  /** A pool whose connections are dirty from their first release on. */
  private ConnPool<FakeConn> poolWithWords(Function<FakeConn, byte[]> lastWords) {
    FakeTransport transport = world.transport().onRelease(Health.DIRTY);
    return world.pool(
        ConnPool.builder(
                new Transport<FakeConn>() {
                  @Override
                  public FakeConn dial(DialContext context) throws Exception {
                    return transport.dial(context);
                  }

                  @Override
                  public Health onRelease(FakeConn connection) {
                    return transport.onRelease(connection);
                  }

                  @Override
                  public byte[] lastWords(FakeConn connection) {
                    assertTrue(!connection.isClosed(), "asked before the close");
                    return lastWords.apply(connection);
                  }

                  @Override
                  public void close(FakeConn connection, CloseReason reason) throws Exception {
                    transport.close(connection, reason);
                  }
                })
            .listener(heard));
  }

  @Test
  void onlyADirtyConnectionIsAskedAndTheLastOneWithWordsIsRemembered() throws Exception {
    ConnPool<FakeConn> pool =
        poolWithWords(c -> (c.id() == 2 ? "" : "words of " + c.id()).getBytes(ISO_8859_1));
    pool.acquire().close();
    pool.acquire().close();
    pool.acquire().invalidate();
    eventually(() -> "all told", () -> heard.events(Closed.class).size() == 3);

    assertEquals("words of 1", pool.stats().lastWords());
    for (Closed closed : heard.events(Closed.class)) {
      if (closed.reason() == CloseReason.INVALIDATED) {
        assertNull(closed.lastWords());
      }
    }
  }

  @Test
  void whoCannotTellIsClosedAllTheSame() throws Exception {
    ConnPool<FakeConn> pool =
        poolWithWords(
            connection -> {
              throw new AssertionError("transport's defect");
            });
    pool.acquire().close();

    assertNull(heard.await(Closed.class).lastWords());
    assertEquals(CloseReason.DIRTY, world.transport().closeReason(world.transport().connection(1)));
    assertEquals(0, pool.stats().closeFailures());
    assertNull(pool.stats().lastWords());
  }
}
