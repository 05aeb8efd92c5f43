package io.connpool.tcp;

import java.nio.ByteBuffer;

/** No messages at all: what has arrived is one. */
enum Raw implements Framing {
  RAW;

  @Override
  public ByteBuffer[] frame(ByteBuffer payload) {
    return new ByteBuffer[] {payload.duplicate()};
  }

  @Override
  public int length(ByteBuffer unread, int seen) {
    return unread.hasRemaining() ? unread.remaining() : UNKNOWN;
  }

  @Override
  public void strip(ByteBuffer frame) {
    // All of it is payload.
  }
}
