package io.connpool.tcp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Objects;

/**
 * A header with the length in front of each message. Immutable: each method gives a new one.
 *
 * <p>On the wire: magic bytes, if there are any, then the length, then the payload. The length is
 * that of the payload, or of everything if {@link #lengthIncludesHeader}, plus the adjustment.
 */
public final class LengthPrefixed implements Framing {
  private static final int DEFAULT_MAX = 16 << 20;
  private static final int NO_MAX = -1;

  static final LengthPrefixed USUAL =
      new LengthPrefixed(2, ByteOrder.BIG_ENDIAN, false, 0, new byte[0], NO_MAX);

  private final int headerBytes;
  private final ByteOrder order;
  private final boolean inclusive;
  private final int adjustment;
  private final byte[] magic;
  private final int max;

  private LengthPrefixed(
      int headerBytes, ByteOrder order, boolean inclusive, int adjustment, byte[] magic, int max) {
    this.headerBytes = headerBytes;
    this.order = order;
    this.inclusive = inclusive;
    this.adjustment = adjustment;
    this.magic = magic;
    this.max = max;
    require(max <= mostThatFits(), "max", max, "what " + headerBytes + " bytes can say");
    require(mostThatFits() > 0, "lengthAdjustment", adjustment, "small enough for any payload");
  }

  /** The longest payload that the header can announce. */
  private long mostThatFits() {
    long greatest = (1L << (8 * headerBytes)) - 1;
    return Math.min(Integer.MAX_VALUE - prefix(), greatest - announcedBesidesPayload());
  }

  private long announcedBesidesPayload() {
    return (inclusive ? prefix() : 0) + (long) adjustment;
  }

  private int prefix() {
    return magic.length + headerBytes;
  }

  /**
   * The size of the length.
   *
   * @param count 1 to 4; default 2
   * @return a new framing
   */
  public LengthPrefixed headerBytes(int count) {
    require(count >= 1 && count <= 4, "headerBytes", count, "1 to 4");
    return new LengthPrefixed(count, order, inclusive, adjustment, magic, max);
  }

  /**
   * The order of the length's bytes.
   *
   * @param value default big endian
   * @return a new framing
   */
  public LengthPrefixed order(ByteOrder value) {
    Objects.requireNonNull(value, "order");
    return new LengthPrefixed(headerBytes, value, inclusive, adjustment, magic, max);
  }

  /**
   * Whether the length counts itself and the magic bytes.
   *
   * @param value default false
   * @return a new framing
   */
  public LengthPrefixed lengthIncludesHeader(boolean value) {
    return new LengthPrefixed(headerBytes, order, value, adjustment, magic, max);
  }

  /**
   * What the length says beyond that, as where a protocol counts a trailer of another layer.
   *
   * @param value may be negative; default 0
   * @return a new framing
   */
  public LengthPrefixed lengthAdjustment(int value) {
    return new LengthPrefixed(headerBytes, order, inclusive, value, magic, max);
  }

  /**
   * Bytes in front of every length, by which a stream that has lost its position is noticed.
   *
   * @param value default none
   * @return a new framing
   */
  public LengthPrefixed magic(byte... value) {
    return new LengthPrefixed(headerBytes, order, inclusive, adjustment, value.clone(), max);
  }

  /**
   * The longest payload, in both directions.
   *
   * @param bytes 1 or more, and no more than the header can say; default what it can say, at most
   *     16 MiB
   * @return a new framing
   */
  public LengthPrefixed max(int bytes) {
    require(bytes >= 1, "max", bytes, "1 or more");
    return new LengthPrefixed(headerBytes, order, inclusive, adjustment, magic, bytes);
  }

  private long longest() {
    return max == NO_MAX ? Math.min(mostThatFits(), DEFAULT_MAX) : max;
  }

  @Override
  public ByteBuffer[] frame(ByteBuffer payload) {
    long announced = payload.remaining() + announcedBesidesPayload();
    if (payload.remaining() > longest() || announced < 0) {
      throw new IllegalArgumentException(
          "a message must have at most " + longest() + " bytes, has " + payload.remaining());
    }
    ByteBuffer header = ByteBuffer.allocate(prefix()).put(magic);
    for (int i = 0; i < headerBytes; i++) {
      int shift = 8 * (order == ByteOrder.BIG_ENDIAN ? headerBytes - 1 - i : i);
      header.put((byte) (announced >>> shift));
    }
    return new ByteBuffer[] {header.flip(), payload.duplicate()};
  }

  @Override
  public int length(ByteBuffer unread, int seen) throws FrameException {
    checkMagic(unread);
    if (unread.remaining() < prefix()) {
      return UNKNOWN;
    }
    long announced = 0;
    for (int i = 0; i < headerBytes; i++) {
      int shift = 8 * (order == ByteOrder.BIG_ENDIAN ? headerBytes - 1 - i : i);
      announced |= (long) (unread.get(unread.position() + magic.length + i) & 0xff) << shift;
    }
    long payload = announced - announcedBesidesPayload();
    if (payload < 0 || payload > longest()) {
      throw new FrameException(
          "a message must have at most %d bytes, the peer announces %d"
              .formatted(longest(), payload));
    }
    return (int) (prefix() + payload);
  }

  private void checkMagic(ByteBuffer unread) throws FrameException {
    int there = Math.min(magic.length, unread.remaining());
    for (int i = 0; i < there; i++) {
      if (unread.get(unread.position() + i) != magic[i]) {
        byte[] instead = new byte[there];
        unread.get(unread.position(), instead);
        throw new FrameException(
            "a message must begin with %s, this one begins with %s"
                .formatted(HexFormat.of().formatHex(magic), HexFormat.of().formatHex(instead)));
      }
    }
  }

  @Override
  public void strip(ByteBuffer frame) {
    frame.position(frame.position() + prefix());
  }

  private static void require(boolean holds, String setting, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(setting + " must be " + expected + ", but is " + value);
    }
  }

  /** For messages. */
  @Override
  public String toString() {
    return "length of %d bytes, %s, at most %d".formatted(headerBytes, order, longest());
  }
}
