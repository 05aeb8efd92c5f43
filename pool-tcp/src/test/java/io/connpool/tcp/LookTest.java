package io.connpool.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.Health;
import io.connpool.net.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Which look a connection gets before a loan. */
class LookTest {
  /** Long beside any pause between two lines of a test. */
  private static final Duration LONG = Duration.ofMillis(400);

  /** A probe sees that the peer has finished, a glance does not: so the two can be told apart. */
  @Test
  void howLongItLayIdleCountsFromTheEndOfAnExchangeHoweverLongThatTook() throws IOException {
    try (ServerSocketChannel server =
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketChannel channel = SocketChannel.open(server.getLocalAddress())) {
      Wire wire = Wire.over(channel);
      Link link = new Link(wire);
      server.accept().close();

      link.limited(Duration.ofMinutes(1), () -> takesLongAndSeesTheEndOf(wire));

      assertEquals(Health.CLEAN, link.look(LONG.toNanos()));
      assertEquals(Health.STALE, link.look(0));
    }
  }

  private static boolean takesLongAndSeesTheEndOf(Wire wire) {
    long end = System.nanoTime() + LONG.toNanos();
    while (end - System.nanoTime() > 0 || wire.probe(ByteBuffer.allocate(1)) != Health.STALE) {
      LockSupport.parkNanos(1_000_000);
    }
    return true;
  }
}
