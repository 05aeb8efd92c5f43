package io.connpool.mux;

import java.nio.ByteBuffer;

/**
 * What each end tells the other first: version and limits.
 *
 * @param mostPayload the longest payload of a frame it takes
 * @param mostMessage the longest message it takes
 * @param mostRequests how many requests it handles at once; 0 if it answers none
 */
record Hello(int mostPayload, int mostMessage, int mostRequests) {
  private static final int LENGTH = 20;

  byte[] encode() {
    return ByteBuffer.allocate(LENGTH)
        .putInt(Wire.MAGIC)
        .put((byte) Wire.VERSION)
        .put((byte) Wire.VERSION)
        .putShort((short) 0) // features, of which version 1 has none
        .putInt(mostPayload)
        .putInt(mostMessage)
        .putInt(mostRequests)
        .array();
  }

  /** Reads what a peer of this or a later version has sent; a later one may say more. */
  static Hello decode(byte[] body) throws ProtocolException {
    if (body.length < LENGTH) {
      throw new ProtocolException(
          "HELLO must have at least %d bytes, had %d".formatted(LENGTH, body.length));
    }
    ByteBuffer in = ByteBuffer.wrap(body);
    int magic = in.getInt();
    if (magic != Wire.MAGIC) {
      throw new ProtocolException("HELLO must begin with CPMX, was 0x%08x".formatted(magic));
    }
    int least = in.get() & 0xFF;
    int most = in.get() & 0xFF;
    if (least > Wire.VERSION || most < Wire.VERSION) {
      throw new ProtocolException(
          "this end speaks version %d, the peer %d to %d".formatted(Wire.VERSION, least, most));
    }
    in.getShort();
    Hello hello = new Hello(in.getInt(), in.getInt(), in.getInt());
    if (hello.mostPayload < Wire.LEAST_PAYLOAD
        || hello.mostMessage < Wire.LEAST_PAYLOAD
        || hello.mostRequests < 0) {
      throw new ProtocolException("limits are too low: " + hello);
    }
    return hello;
  }
}
