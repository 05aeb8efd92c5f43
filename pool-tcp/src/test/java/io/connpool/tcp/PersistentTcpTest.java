package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.lines;
import static io.connpool.tcp.Conversation.text;
import static io.connpool.testkit.PoolWorld.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.PoolClosedException;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * goperconn done right: reading, writing and losing the connection. Ids P-08 to P-14 and P-20 of
 * the study of the seeds, over real sockets.
 */
class PersistentTcpTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  @Test
  void p08_oneWriteMoreThanTheQueueHoldsFailsAtOnce() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
      server.refuse();
      try (PersistentTcp line = quick(server).queue(2).start()) {
        CountDownLatch ended = new CountDownLatch(2);
        Thread[] waiting = new Thread[2];
        for (int i = 0; i < 2; i++) {
          waiting[i] =
              new Thread(
                  () -> {
                    assertThrows(Exception.class, () -> line.write(bytes("x"), LIMIT));
                    ended.countDown();
                  });
          waiting[i].start();
        }
        for (Thread thread : waiting) {
          eventually(() -> "it waits", () -> thread.getState() == Thread.State.TIMED_WAITING);
        }
        assertThrows(WriteQueueFullException.class, () -> line.write(bytes("y"), LIMIT));
        line.close();
        ended.await();
      }
    }
  }

  @Test
  void p09_aReadThatWaitsHoldsUpNoWrite() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line = start(server)) {
      AtomicReference<String> seen = new AtomicReference<>();
      Thread reader =
          new Thread(
              () -> {
                try {
                  seen.set(read(line, 10));
                } catch (Exception failure) {
                  seen.set(failure.toString());
                }
              });
      line.awaitUp(LIMIT);
      reader.start();
      eventually(() -> "it waits", () -> reader.getState() == Thread.State.TIMED_WAITING);
      line.write(bytes("hi\n"), LIMIT);
      reader.join();
      assertEquals("answer hi\n", seen.get());
    }
  }

  @Test
  void p10_aReadWithoutAnythingToReadHarmsNothing() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line = start(server)) {
      line.awaitUp(LIMIT);
      ByteBuffer into = ByteBuffer.allocate(1);
      assertThrows(SocketTimeoutException.class, () -> line.read(into, SHORT));
      line.write(bytes("hi\n"), LIMIT);
      assertEquals("answer hi\n", read(line, 10));
      assertEquals(1, line.epoch());
    }
  }

  @Test
  void p12_aReadOfALostConnectionNeverGetsBytesOfTheNext() throws Exception {
    Behaviour first =
        c -> {
          c.send("the end of the first");
          c.forEachLine(1, line -> {});
        };
    try (FlakyServer server =
            FlakyServer.start(
                first,
                c -> {
                  c.send("second");
                  c.stall();
                });
        PersistentTcp line = start(server)) {
      line.awaitUp(LIMIT);
      assertEquals("the", read(line, 3));
      line.write(bytes("hang up\n"), LIMIT);
      eventually(() -> "the second is up", () -> line.epoch() == 2);
      assertEquals(" end of the first", read(line, 17));
      var lost =
          assertThrows(
              ConnectionLostException.class, () -> line.read(ByteBuffer.allocate(9), LIMIT));
      assertEquals("read", lost.operation());
      assertTrue(lost.getMessage().contains(server.endpoint().toString()), lost::getMessage);
      assertEquals("second", read(line, 6));
    }
  }

  @Test
  void p11_aWriteThatIsCutSaysHowMuchHadGone() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.neverRead());
        PersistentTcp line = start(server)) {
      line.write(bytes("so that all classes are there"), LIMIT);
      ByteBuffer large = ByteBuffer.allocate(64 << 20);
      var lost =
          assertThrows(
              ConnectionLostException.class, () -> line.write(large, Duration.ofMillis(500)));
      assertTrue(lost.bytesDone() > 0 && lost.bytesDone() < 64 << 20);
      assertEquals("write", lost.operation());
      assertTrue(lost.getMessage().contains(server.endpoint().toString()), lost::getMessage);
      eventually(() -> "it comes back", () -> line.epoch() == 2);
    }
  }

  @Test
  void p11_aServerThatResetsIsDialedAgain() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line = start(server)) {
      line.awaitUp(LIMIT);
      for (int i = 2; i < 6; i++) {
        int next = i;
        server.awaitAccepted(next - 1, LIMIT); // the client is up before its server has noticed
        server.resetAllConnections();
        eventually(() -> "epoch " + next, () -> line.epoch() == next);
      }
      line.write(bytes("hi\n"), LIMIT);
      assertEquals("answer hi\n", readPastLosses(line, 10));
    }
  }

  private static String readPastLosses(PersistentTcp line, int count) throws Exception {
    while (true) {
      try {
        return read(line, count);
      } catch (ConnectionLostException boundary) {
        assertEquals("read", boundary.operation());
      }
    }
  }

  @Test
  void p14_afterTheCloseEverythingFailsAtOnce() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
        PersistentTcp line = start(server)) {
      line.awaitUp(LIMIT);
      line.close();
      server.awaitOpen(0, LIMIT);
      assertThrows(PoolClosedException.class, () -> line.write(bytes("x"), LIMIT));
      assertThrows(PoolClosedException.class, () -> line.read(ByteBuffer.allocate(1), LIMIT));
    }
  }

  @Test
  void aServerThatTalksMoreThanAnybodyReadsIsHeldBack() throws Exception {
    Behaviour flood =
        c -> {
          for (int i = 0; i < 3_000; i++) {
            c.send("x".repeat(1_000));
          }
          c.stall();
        };
    try (FlakyServer server = FlakyServer.start(flood);
        PersistentTcp line = start(server)) {
      assertEquals("x".repeat(3_000_000), read(line, 3_000_000));
    }
  }

  @Test
  void p20_aReadPutsItsBytesIntoTheCallersBufferAndNowhereElse() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.strayOnAccept("abcdefgh"));
        PersistentTcp line = start(server)) {
      ByteBuffer direct = ByteBuffer.allocateDirect(10);
      direct.position(2).limit(5);
      while (direct.hasRemaining()) {
        int before = direct.position();
        assertEquals(line.read(direct, LIMIT), direct.position() - before);
      }
      ByteBuffer slice = ByteBuffer.wrap("0123456789".getBytes(UTF_8), 4, 5).slice();
      while (slice.hasRemaining()) {
        line.read(slice, LIMIT);
      }
      assertEquals("\0\0abc\0\0\0\0\0", text(direct.clear()));
      assertEquals("0123defgh9", new String(slice.array(), UTF_8));
      assertThrows(IllegalArgumentException.class, () -> line.read(slice, LIMIT));
    }
  }

  static PersistentTcp start(FlakyServer server) {
    return quick(server).start();
  }

  static PersistentTcp.Builder quick(FlakyServer server) {
    return PersistentTcp.over(lines(server))
        .persistence(p -> p.backoff(Duration.ofMillis(1), Duration.ofMillis(20)));
  }

  static String read(PersistentTcp line, int count) throws Exception {
    ByteBuffer into = ByteBuffer.allocate(count);
    while (into.hasRemaining()) {
      line.read(into, LIMIT);
    }
    return text(into.flip());
  }
}
