package io.connpool.mux;

import static io.connpool.mux.RawPeer.frame;
import static io.connpool.mux.RawPeer.hello;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.mux.RawPeer.Frame;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that ends while a connection begins. */
@Timeout(60)
class MuxServerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @RegisterExtension final MuxWorld world = new MuxWorld(Carrier.TCP);

  /** The two ends of a socket of which the server knows nothing. */
  private record Ends(RawPeer peer, FrameChannel channel) {
    static Ends open() throws Exception {
      try (ServerSocketChannel listener = ServerSocketChannel.open()) {
        listener.bind(new InetSocketAddress(LOOPBACK, 0));
        RawPeer peer = new RawPeer(new Socket(LOOPBACK, listener.socket().getLocalPort()));
        return new Ends(peer, FrameChannels.socket(listener.accept()));
      }
    }
  }

  @Test
  void aConnectionThatBeginsWhileItsServerIsDrainedIsDrainedToo() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    Ends ends = Ends.open();
    try (RawPeer peer = ends.peer()) {
      peer.send(hello(65_536, 16 << 20, 10_240));
      peer.send(frame('Q', 0, 0, 1, new byte[] {7})); // before it can know of the drain

      Session session = server.enter(ends.channel());
      CompletableFuture<Void> drained = server.drain(Duration.ofSeconds(20));
      session.begin();

      peer.read('H');
      peer.read('G');
      Frame ping = peer.read('I');
      assertArrayEquals(new byte[] {7}, peer.read('A').payload());
      peer.send(frame('J', 0, 0, ping.id()));
      assertEquals(1, ByteBuffer.wrap(peer.read('G').payload()).getLong(), "requests run");
      drained.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aConnectionThatComesAfterTheEndIsClosedAndToldSo() throws Exception {
    MuxServer server = world.server(MuxRequest::body);
    server.close();
    Ends ends = Ends.open();
    try (RawPeer peer = ends.peer()) {
      server.serve(ends.channel());
      assertEquals("closed", peer.readFarewell());
    }
  }
}
