package io.connpool.mux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an end says that leaves.
 *
 * @param count how many requests of the other end it runs, counted from the first; unsigned, {@link
 *     Wire#EVERYTHING} if it does not know yet
 * @param why for the other's log
 */
record GoAway(long count, String why) {

  Message message(int code) {
    byte[] text = text(why);
    byte[] body = ByteBuffer.allocate(Long.BYTES + text.length).putLong(count).put(text).array();
    return new Message(Wire.GOAWAY, code, 0, body);
  }

  static GoAway decode(byte[] body) throws ProtocolException {
    if (body.length < Long.BYTES) {
      throw new ProtocolException("GOAWAY must carry a count");
    }
    String why = new String(body, Long.BYTES, body.length - Long.BYTES, UTF_8);
    return new GoAway(ByteBuffer.wrap(body).getLong(), why);
  }

  /** A text for the peer; cut so that it fits a frame that every peer accepts. */
  static byte[] text(String message) {
    byte[] bytes = message.getBytes(UTF_8);
    int most = Wire.LEAST_PAYLOAD - Long.BYTES;
    return bytes.length <= most ? bytes : Arrays.copyOf(bytes, most);
  }
}
