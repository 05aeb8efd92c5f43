package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class TcpMuxTest extends MuxContract {
  TcpMuxTest() {
    super(Carrier.TCP);
  }

  /**
   * Seed defect 1: the ancestor loses this request of every connection, as its id is 00 0D 0D 0A.
   */
  @Test
  void request855306IsAnsweredAndSoAreAllOthers() throws Exception {
    MuxServer server = world.server(o -> o.inlineHandlers(true), MuxRequest::body);
    MuxConnection client = world.connect(server, o -> o.inlineCallbacks(true), null);
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    for (int asked = 0; asked < 860_000; asked += 2000) {
      answers.clear();
      for (int i = 0; i < 2000; i++) {
        answers.add(client.callAsync(ByteBuffer.allocate(4).putInt(asked + i).array()));
      }
      for (int i = 0; i < 2000; i++) {
        byte[] answer = answers.get(i).get(20, TimeUnit.SECONDS);
        assertEquals(asked + i, ByteBuffer.wrap(answer).getInt());
      }
    }
    assertEquals(860_000, client.stats().answered());
  }
}
