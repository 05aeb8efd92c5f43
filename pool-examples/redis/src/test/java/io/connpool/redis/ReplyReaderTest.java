package io.connpool.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReplyReaderTest {

  @Test
  void everyKindIsReadWhereverTheBytesAreCut() throws IOException {
    String all = "+OK\r\n:-42\r\n$8\r\nä\r\n€\r\n*3\r\n$0\r\n\r\n$-1\r\n-ERR no\r\n*-1\r\n-X y\r\n";
    byte[] bytes = all.replace("$8", "$7").getBytes(UTF_8); // two letters, a line end, three more
    for (int piece = 1; piece <= bytes.length; piece++) {
      ReplyReader reader = reader(bytes, piece);
      assertEquals("OK", reader.next().text());
      assertEquals(-42, reader.next().integer());
      assertArrayEquals("ä\r\n€".getBytes(UTF_8), reader.next().bytes());
      List<Reply> list = reader.next().list();
      assertEquals("", list.get(0).text());
      assertTrue(list.get(1).isNil());
      assertEquals("ERR no", assertThrows(RedisException.class, list.get(2)::text).getMessage());
      assertTrue(reader.next().isNil());
      assertEquals("X", assertThrows(RedisException.class, reader.next()::orThrow).code());
      assertTrue(reader.isEmpty());
      assertThrows(EOFException.class, reader::next);
    }
  }

  @Test
  void aValueLargerThanAnyBufferArrivesWhole() throws IOException {
    byte[] value = new byte[3_000_001];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) (i * 31);
    }
    ByteBuffer framed = ByteBuffer.allocate(value.length + 12);
    framed.put("$3000001\r\n".getBytes(UTF_8)).put(value).put("\r\n".getBytes(UTF_8));

    assertArrayEquals(value, reader(framed.array(), 5000).next().bytes());
  }

  @Test
  void bytesBehindAReplyAreNoticed() throws IOException {
    ReplyReader reader = reader("+OK\r\n+more\r\n".getBytes(UTF_8), 100);
    assertEquals("OK", reader.next().text());
    assertFalse(reader.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n",
        "\r\n",
        ":12a\r\n",
        ":\r\n",
        "$-2\r\n",
        "$536870913\r\n",
        "$99999999999999999999\r\n",
        "$3\r\nabcd\r\n",
        "*-5\r\n",
        "+half a line\rend\r\n"
      })
  void whatIsNoReplyIsRefused(String bytes) {
    ReplyReader reader = reader(bytes.getBytes(UTF_8), 100);
    assertThrows(ProtocolException.class, reader::next);
  }

  @Test
  void anAnnouncedLengthAllocatesNothingBeforeItArrives() {
    // Each would need gigabytes; the test JVM's heap would not do.
    for (String bytes :
        List.of("*2147483647\r\n*2147483647\r\n*2147483647\r\n", "$536870912\r\n")) {
      assertThrows(EOFException.class, reader(bytes.getBytes(UTF_8), 100)::next);
    }
  }

  @Test
  void neitherEndlessLinesNorEndlessListsAreReadToTheirEnd() {
    String line = "+" + "x".repeat(ReplyReader.LONGEST_LINE + 1);
    assertThrows(ProtocolException.class, reader(line.getBytes(UTF_8), 1000)::next);
    String nested = "*1\r\n".repeat(ReplyReader.DEEPEST + 1);
    assertThrows(ProtocolException.class, reader(nested.getBytes(UTF_8), 1000)::next);
  }

  @Test
  void aReplyOfAnotherKindIsNamed() throws IOException {
    Reply five = reader(":5\r\n".getBytes(UTF_8), 9).next();
    assertEquals("5", five.text());
    IllegalStateException wrong = assertThrows(IllegalStateException.class, five::list);
    assertEquals("the reply is not list but integer 5", wrong.getMessage());
  }

  /** Hands out so many bytes at a time. */
  private static ReplyReader reader(byte[] bytes, int piece) {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    return new ReplyReader(
        into -> {
          if (!left.hasRemaining()) {
            return -1;
          }
          int count = Math.min(Math.min(piece, left.remaining()), into.remaining());
          into.put(left.slice(left.position(), count));
          left.position(left.position() + count);
          return count;
        });
  }
}
