package io.connpool.tcp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * A header with the length in front of each message. Immutable: each method gives a new one.
 *
 * <p>On the wire: magic bytes, if there are any, then the length, then the checksum, if there is
 * one, then the payload. The length is that of the payload, or of everything if {@link
 * #lengthIncludesHeader}, plus the adjustment.
 */
public final class LengthPrefixed implements Framing {
  private static final int DEFAULT_MAX = 16 << 20;
  private static final int NO_MAX = -1;
  private static final int CHECKSUM_BYTES = 4;

  static final LengthPrefixed USUAL =
      new LengthPrefixed(2, ByteOrder.BIG_ENDIAN, false, 0, new byte[0], null, NO_MAX);

  private final int headerBytes;
  private final ByteOrder order;
  private final boolean inclusive;
  private final int adjustment;
  private final byte[] magic;
  private final @Nullable Supplier<? extends Checksum> checksum;
  private final int max;

  private LengthPrefixed(
      int headerBytes,
      ByteOrder order,
      boolean inclusive,
      int adjustment,
      byte[] magic,
      @Nullable Supplier<? extends Checksum> checksum,
      int max) {
    this.headerBytes = headerBytes;
    this.order = order;
    this.inclusive = inclusive;
    this.adjustment = adjustment;
    this.magic = magic;
    this.checksum = checksum;
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
    return magic.length + headerBytes + (checksum == null ? 0 : CHECKSUM_BYTES);
  }

  /**
   * The size of the length.
   *
   * @param count 1 to 4; default 2
   * @return a new framing
   */
  public LengthPrefixed headerBytes(int count) {
    require(count >= 1 && count <= 4, "headerBytes", count, "1 to 4");
    return new LengthPrefixed(count, order, inclusive, adjustment, magic, checksum, max);
  }

  /**
   * The order of the length's bytes.
   *
   * @param value default big endian
   * @return a new framing
   */
  public LengthPrefixed order(ByteOrder value) {
    Objects.requireNonNull(value, "order");
    return new LengthPrefixed(headerBytes, value, inclusive, adjustment, magic, checksum, max);
  }

  /**
   * Whether the length counts itself, the magic bytes and the checksum.
   *
   * @param value default false
   * @return a new framing
   */
  public LengthPrefixed lengthIncludesHeader(boolean value) {
    return new LengthPrefixed(headerBytes, order, value, adjustment, magic, checksum, max);
  }

  /**
   * What the length says beyond that, as where a protocol counts a trailer of another layer.
   *
   * @param value may be negative; default 0
   * @return a new framing
   */
  public LengthPrefixed lengthAdjustment(int value) {
    return new LengthPrefixed(headerBytes, order, inclusive, value, magic, checksum, max);
  }

  /**
   * Bytes in front of every length, by which a stream that has lost its position is noticed.
   *
   * @param value default none
   * @return a new framing
   */
  public LengthPrefixed magic(byte... value) {
    return new LengthPrefixed(
        headerBytes, order, inclusive, adjustment, value.clone(), checksum, max);
  }

  /**
   * A checksum of the payload behind every length, four bytes in the order of the length. A message
   * with another one is a {@link FrameException}, and the connection is closed: where the next
   * message begins is as doubtful as this one. gtcp's format of 2019 is {@code
   * headerBytes(3).lengthIncludesHeader(true).checksum(CRC32::new)}.
   *
   * @param value makes a new one for each message; its lower 32 bits count; default none
   * @return a new framing
   */
  public LengthPrefixed checksum(Supplier<? extends Checksum> value) {
    Objects.requireNonNull(value, "checksum");
    return new LengthPrefixed(headerBytes, order, inclusive, adjustment, magic, value, max);
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
    return new LengthPrefixed(headerBytes, order, inclusive, adjustment, magic, checksum, bytes);
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
    ByteBuffer header = ByteBuffer.allocate(prefix()).order(order).put(magic);
    for (int i = 0; i < headerBytes; i++) {
      int shift = 8 * (order == ByteOrder.BIG_ENDIAN ? headerBytes - 1 - i : i);
      header.put((byte) (announced >>> shift));
    }
    if (checksum != null) {
      header.putInt(sumOf(checksum, payload));
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

  private static int sumOf(Supplier<? extends Checksum> checksum, ByteBuffer payload) {
    Checksum sum = checksum.get();
    sum.update(payload.duplicate());
    return (int) sum.getValue();
  }

  @Override
  public void strip(ByteBuffer frame) throws FrameException {
    int payload = frame.position() + prefix();
    frame.position(payload);
    if (checksum != null) {
      int said = frame.duplicate().order(order).getInt(payload - CHECKSUM_BYTES);
      int is = sumOf(checksum, frame);
      if (said != is) {
        throw new FrameException(
            "the checksum of a message of %d bytes is %08x, the peer announces %08x"
                .formatted(frame.remaining(), is, said));
      }
    }
  }

  private static void require(boolean holds, String setting, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(setting + " must be " + expected + ", but is " + value);
    }
  }

  /** For messages. */
  @Override
  public String toString() {
    return "length of %d bytes, %s, at most %d%s"
        .formatted(headerBytes, order, longest(), checksum == null ? "" : ", with a checksum");
  }
}
