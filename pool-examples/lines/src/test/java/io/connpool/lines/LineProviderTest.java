package io.connpool.lines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.ConnPool;
import io.connpool.testkit.FlakyPeer;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The transport by its scheme, found on the class path. */
final class LineProviderTest {

  @Test
  void theUriOfThePageOpensAPool() {
    ConnPool<LineConnection> pool =
        ConnPool.open(
            URI.create("line://orders.example:7000?user=me&maxActive=64"), LineConnection.class);
    try (pool) {
      assertEquals(64, pool.effectiveConfig().maxActive());
    }
  }

  @Test
  void thePoolWorks() throws Exception {
    try (FlakyPeer peer = new FlakyPeer();
        ConnPool<LineConnection> pool =
            ConnPool.open(URI.create("line://" + peer.endpoint()), LineConnection.class)) {
      assertEquals("answer x", pool.call(c -> c.ask("x", Duration.ofSeconds(5))));
    }
  }

  @Test
  void aMistakeInTheUriIsAnErrorThatListsTheOptionsOfTheTransportToo() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> ConnPool.open(URI.create("line://h:1?usr=me"), LineConnection.class))
            .getMessage();

    assertEquals("unknown option usr of line://h:1", message.substring(0, message.indexOf(';')));
    assertEquals(true, message.contains("user (text)"));
  }
}
