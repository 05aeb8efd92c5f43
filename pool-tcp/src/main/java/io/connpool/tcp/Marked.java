package io.connpool.tcp;

import java.nio.ByteBuffer;

/** Messages that end with a mark. */
final class Marked implements Framing {
  private static final byte[] LINE_FEED = {'\n'};

  private final byte[] mark;
  private final int max;
  private final boolean lines;

  private Marked(byte[] mark, int max, boolean lines) {
    if (max < 1) {
      throw new IllegalArgumentException("maxBytes must be 1 or more, but is " + max);
    }
    this.mark = mark;
    this.max = max;
    this.lines = lines;
  }

  static Marked lines(int max) {
    return new Marked(LINE_FEED, max, true);
  }

  static Marked by(byte[] mark, int max) {
    if (mark.length == 0) {
      throw new IllegalArgumentException("delimiter must have at least one byte, but is empty");
    }
    return new Marked(mark.clone(), max, false);
  }

  @Override
  public ByteBuffer[] frame(ByteBuffer payload) {
    if (payload.remaining() > max) {
      throw new IllegalArgumentException(
          "a message must have at most " + max + " bytes, has " + payload.remaining());
    }
    if (endsEarly(payload)) {
      throw new IllegalArgumentException("a message must not contain the mark that ends it");
    }
    return new ByteBuffer[] {payload.duplicate(), ByteBuffer.wrap(mark)};
  }

  boolean areLines() {
    return lines;
  }

  /** Whether a reader would find the end before the end: in the message, or across it. */
  private boolean endsEarly(ByteBuffer payload) {
    int tail = Math.min(payload.remaining(), mark.length - 1);
    ByteBuffer seam = ByteBuffer.allocate(tail + mark.length);
    for (int i = payload.limit() - tail; i < payload.limit(); i++) {
      seam.put(payload.get(i));
    }
    boolean losesReturn =
        lines && payload.hasRemaining() && payload.get(payload.limit() - 1) == '\r';
    return losesReturn || find(payload, 0) >= 0 || find(seam.put(mark).flip(), 0) < tail;
  }

  @Override
  public int length(ByteBuffer unread, int seen) throws FrameException {
    // The mark may have begun in what was seen.
    int end = find(unread, Math.max(0, seen - mark.length + 1));
    // Of what has not ended yet, the last bytes may be the beginning of the end.
    int payload =
        end >= 0
            ? withoutReturn(unread, end)
            : unread.remaining() - mark.length + 1 - (lines ? 1 : 0);
    if (payload > max) {
      throw new FrameException("a message must end within " + max + " bytes, this one does not");
    }
    return end >= 0 ? end + mark.length : UNKNOWN;
  }

  private int withoutReturn(ByteBuffer in, int end) {
    boolean carriageReturn = lines && end > 0 && in.get(in.position() + end - 1) == '\r';
    return carriageReturn ? end - 1 : end;
  }

  /** Where the first mark begins, counted from the position; -1 if there is none. */
  private int find(ByteBuffer in, int from) {
    int start = in.position();
    for (int i = from; i <= in.remaining() - mark.length; i++) {
      int same = 0;
      while (same < mark.length && in.get(start + i + same) == mark[same]) {
        same++;
      }
      if (same == mark.length) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public void strip(ByteBuffer frame) {
    int end = frame.remaining() - mark.length;
    frame.limit(frame.position() + withoutReturn(frame, end));
  }
}
