package io.connpool.mux;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has come of a long message before its last frame. The loop only collects: to make one array
 * of 16 MiB takes it milliseconds, in which every other message would wait. That is done by the
 * thread that needs the message.
 */
final class Fragments {
  private final List<byte[]> pieces = new ArrayList<>();
  private int size;

  void add(byte[] piece) {
    pieces.add(piece);
    size += piece.length;
  }

  int size() {
    return size;
  }

  /** The whole message; the array itself if there is nothing before it. */
  static byte[] join(@Nullable Fragments before, byte[] last) {
    return before == null ? last : before.with(last);
  }

  private byte[] with(byte[] last) {
    byte[] whole = new byte[size + last.length];
    int end = 0;
    for (byte[] piece : pieces) {
      System.arraycopy(piece, 0, whole, end, piece.length);
      end += piece.length;
    }
    System.arraycopy(last, 0, whole, end, last.length);
    return whole;
  }
}
