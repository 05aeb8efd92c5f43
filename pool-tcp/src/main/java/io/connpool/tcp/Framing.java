package io.connpool.tcp;

import java.nio.ByteBuffer;

/**
 * How messages are cut out of a stream. Immutable and without state, so that all connections of a
 * pool share one; every framing has a bound, so that no peer can make this side keep more.
 *
 * <p>{@link #lengthPrefixed}, {@link #lines}, {@link #delimiter}, {@link #fixed} and {@link #raw}
 * are all most protocols need; others implement this.
 */
public interface Framing {

  /** What {@link #length} says when it cannot tell yet. */
  int UNKNOWN = -1;

  /** How long a line, or another message that ends with a mark, may be unless told otherwise. */
  int DEFAULT_MAX_MARKED = 8 * 1024;

  /**
   * A length in front of each message. Without further settings it is gtcp's package format: two
   * bytes, big endian, the length of the payload alone. Thrift's framed transport is {@code
   * lengthPrefixed().headerBytes(4)}.
   *
   * @return a framing to refine
   */
  static LengthPrefixed lengthPrefixed() {
    return LengthPrefixed.USUAL;
  }

  /**
   * A line feed behind each message; a carriage return before it is taken off, too.
   *
   * @return lines of at most 8 KiB
   */
  static Framing lines() {
    return lines(DEFAULT_MAX_MARKED);
  }

  /**
   * As {@link #lines()}, with another bound.
   *
   * @param maxBytes most bytes of a line, its end not counted; 1 or more
   * @return the framing
   */
  static Framing lines(int maxBytes) {
    return Marked.lines(maxBytes);
  }

  /**
   * A mark behind each message.
   *
   * @param mark not empty; must not occur in a message
   * @param maxBytes most bytes of a message, the mark not counted; 1 or more
   * @return the framing; the mark is no part of the messages it gives
   */
  static Framing delimiter(byte[] mark, int maxBytes) {
    return Marked.by(mark, maxBytes);
  }

  /**
   * Messages that all have the same length.
   *
   * @param bytes 1 or more
   * @return the framing
   */
  static Framing fixed(int bytes) {
    return new Fixed(bytes);
  }

  /**
   * No messages: whatever arrives at once is one. Only for peers that answer in one piece, or whose
   * pieces the caller puts together.
   *
   * @return the framing
   */
  static Framing raw() {
    return Raw.RAW;
  }

  /**
   * What goes over the wire for one message.
   *
   * @param payload the message; not changed
   * @return buffers that are written in one go; their content may be the payload's own
   * @throws IllegalArgumentException if it cannot be such a message; nothing has been written
   */
  ByteBuffer[] frame(ByteBuffer payload);

  /**
   * The length of the frame that begins the unread bytes.
   *
   * @param unread what has come, from its position to its limit; not changed
   * @param seen how many of these bytes an earlier call for this frame has seen
   * @return all bytes of the frame, the payload's and the framing's own, whether they have come or
   *     not; or {@link #UNKNOWN}
   * @throws FrameException if this can be no frame
   */
  int length(ByteBuffer unread, int seen) throws FrameException;

  /**
   * Leaves only the payload.
   *
   * @param frame one whole frame; its position and limit are changed
   * @throws FrameException if its content is not what the sender made
   */
  void strip(ByteBuffer frame) throws FrameException;
}
