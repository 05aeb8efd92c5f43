package io.connpool.tcp;

import java.nio.ByteBuffer;

/** Messages of one length. */
record Fixed(int bytes) implements Framing {
  Fixed {
    if (bytes < 1) {
      throw new IllegalArgumentException("fixed must be 1 or more, but is " + bytes);
    }
  }

  @Override
  public ByteBuffer[] frame(ByteBuffer payload) {
    if (payload.remaining() != bytes) {
      throw new IllegalArgumentException(
          "a message must have " + bytes + " bytes, has " + payload.remaining());
    }
    return new ByteBuffer[] {payload.duplicate()};
  }

  @Override
  public int length(ByteBuffer unread, int seen) {
    return bytes;
  }

  @Override
  public void strip(ByteBuffer frame) {
    // All of it is payload.
  }
}
