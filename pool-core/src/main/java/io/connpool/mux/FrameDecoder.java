package io.connpool.mux;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into frames, however it arrives. Believes nothing: a length is checked
 * before it is used and before anything is allocated for it.
 */
final class FrameDecoder {
  /** Where the frames go. */
  interface Sink {
    void onFrame(int type, boolean more, int code, long id, byte[] payload)
        throws ProtocolException;
  }

  private final int mostPayload;
  private final Sink sink;

  /** A header of which not all bytes have arrived yet. */
  private final ByteBuffer header = ByteBuffer.allocate(Wire.HEADER);

  private long first;
  private long id;

  /** A payload of which not all bytes have arrived yet, and how many have. */
  private byte @Nullable [] payload;

  private int filled;

  FrameDecoder(int mostPayload, Sink sink) {
    this.mostPayload = mostPayload;
    this.sink = sink;
  }

  /** Whether the stream has ended, or will go on, in the middle of a frame. */
  boolean isInsideFrame() {
    return payload != null || header.position() > 0;
  }

  /** Takes all bytes of the buffer. */
  void decode(ByteBuffer in) throws ProtocolException {
    while (true) {
      if (payload == null && !beginFrame(in)) {
        return;
      }
      if (payload != null && !fillPayload(in, payload)) {
        return;
      }
    }
  }

  /** Reads a header, and the payload too if it is all there; false if the header is not. */
  private boolean beginFrame(ByteBuffer in) throws ProtocolException {
    if (header.position() == 0 && in.remaining() >= Wire.HEADER) {
      first = in.getLong();
      id = in.getLong();
    } else if (!completeHeader(in)) {
      return false;
    }
    int length = payloadLength((int) (first >>> 32));
    if (in.remaining() >= length) {
      byte[] whole = new byte[length];
      in.get(whole);
      deliver(whole);
    } else {
      payload = new byte[length];
      filled = 0;
    }
    return true;
  }

  private boolean completeHeader(ByteBuffer in) throws ProtocolException {
    while (header.hasRemaining()) {
      if (!in.hasRemaining()) {
        return false;
      }
      header.put(in.get());
      if (header.position() == Integer.BYTES) {
        payloadLength(header.getInt(0)); // a bad length must not wait for the bytes it announces
      }
    }
    header.flip();
    first = header.getLong();
    id = header.getLong();
    header.clear();
    return true;
  }

  private int payloadLength(int length) throws ProtocolException {
    int payloadLength = length - Wire.LEAST_LENGTH;
    if (length < Wire.LEAST_LENGTH || payloadLength > mostPayload) {
      throw new ProtocolException(
          "the length of a frame must be %d to %d, was %d"
              .formatted(
                  Wire.LEAST_LENGTH,
                  Wire.LEAST_LENGTH + mostPayload,
                  Integer.toUnsignedLong(length)));
    }
    return payloadLength;
  }

  private boolean fillPayload(ByteBuffer in, byte[] target) throws ProtocolException {
    int count = Math.min(in.remaining(), target.length - filled);
    in.get(target, filled, count);
    filled += count;
    if (filled < target.length) {
      return false;
    }
    payload = null;
    deliver(target);
    return true;
  }

  private void deliver(byte[] whole) throws ProtocolException {
    int type = (int) (first >>> 24) & 0xFF;
    int flags = (int) (first >>> 16) & 0xFF;
    int code = (int) first & 0xFFFF;
    if ((flags & ~Wire.KNOWN_FLAGS) != 0) {
      throw new ProtocolException("unknown flags 0x%02x in a frame".formatted(flags));
    }
    byte[] body = (flags & Wire.EXTENDED) != 0 ? withoutExtension(whole) : whole;
    sink.onFrame(type, (flags & Wire.MORE) != 0, code, id, body);
  }

  private static byte[] withoutExtension(byte[] whole) throws ProtocolException {
    if (whole.length < Short.BYTES) {
      throw new ProtocolException("a frame is too short for the extension it announces");
    }
    int end = Short.BYTES + (((whole[0] & 0xFF) << 8) | (whole[1] & 0xFF));
    if (end > whole.length) {
      throw new ProtocolException(
          "an extension must end within its frame of %d bytes, ends at %d"
              .formatted(whole.length, end));
    }
    return Arrays.copyOfRange(whole, end, whole.length);
  }
}
