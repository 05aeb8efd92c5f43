package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PipeTest {
  private final Pipe pipe = new Pipe();
  private final AtomicInteger told = new AtomicInteger();

  /** A session that is told of bytes and end in one reads the bytes, and must come again. */
  @Test
  void anEndThatCameBeforeTheLastBytesWereTakenIsToldAgain() throws Exception {
    pipe.onReadable(told::incrementAndGet);
    pipe.write(ByteBuffer.wrap(new byte[3]));
    pipe.end(null);
    told.set(0);

    assertEquals(3, pipe.read(ByteBuffer.allocate(10)));

    assertEquals(1, told.get());
    assertEquals(-1, pipe.read(ByteBuffer.allocate(10)));
    assertEquals(1, told.get());
  }

  @Test
  void theWriterIsToldOfRoomWhereThereWasNone() throws Exception {
    pipe.onWritable(told::incrementAndGet);
    ByteBuffer much = ByteBuffer.allocate(100_000);
    int taken = pipe.write(much);
    assertEquals(0, pipe.write(much));

    pipe.read(ByteBuffer.allocate(1));
    assertEquals(1, told.get());
    pipe.read(ByteBuffer.allocate(1));
    assertEquals(1, told.get());
    assertEquals(100_000 - taken, much.remaining());
    assertEquals(2, pipe.write(much));
  }

  @Test
  void whatIsWrittenAfterTheEndIsRefused() throws Exception {
    pipe.end(null);
    assertThrows(ClosedChannelException.class, () -> pipe.write(ByteBuffer.allocate(1)));
  }

  @Test
  void aFailureIsSeenAfterTheBytesThatCameBefore() throws Exception {
    pipe.write(ByteBuffer.wrap(new byte[2]));
    pipe.end(new IOException("broke"));
    assertEquals(2, pipe.read(ByteBuffer.allocate(10)));
    assertEquals(
        "broke",
        assertThrows(IOException.class, () -> pipe.read(ByteBuffer.allocate(1))).getMessage());
  }
}
