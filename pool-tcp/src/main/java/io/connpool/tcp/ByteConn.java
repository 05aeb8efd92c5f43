package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The part of {@link TcpConn} that moves plain bytes, whatever they mean. */
abstract class ByteConn extends LinkedConn {
  ByteConn(Link link, Framing framing, Duration timeout) {
    super(link, framing, timeout);
  }

  /**
   * Writes bytes as they are.
   *
   * @param from in this order; empty afterwards
   * @throws IOException if it failed
   */
  public void write(ByteBuffer... from) throws IOException {
    write(timeout, from);
  }

  /**
   * As {@link #write(ByteBuffer...)}.
   *
   * @param limit more than zero
   * @param from in this order; empty afterwards
   * @throws IOException if it failed
   */
  public void write(Duration limit, ByteBuffer... from) throws IOException {
    link.limited(
        Limits.positive(limit),
        () -> {
          link.inbox().bytesAsked();
          link.wire().write(from);
          return true;
        });
  }

  /**
   * Reads what has come, waiting for the first byte.
   *
   * @param into has room
   * @return how many bytes, at least 1, or -1 at the end
   * @throws IOException if it failed
   */
  public int readSome(ByteBuffer into) throws IOException {
    return readSome(into, timeout);
  }

  /**
   * As {@link #readSome(ByteBuffer)}.
   *
   * @param into has room
   * @param limit more than zero
   * @return how many bytes, at least 1, or -1 at the end
   * @throws IOException if it failed
   */
  public int readSome(ByteBuffer into, Duration limit) throws IOException {
    requireRoom(into);
    return link.limited(Limits.positive(limit), () -> link.inbox().some(into));
  }

  /**
   * Reads what has come, without waiting.
   *
   * @param into has room
   * @return how many bytes, 0 if none, -1 at the end
   * @throws IOException if it failed
   */
  public int readAvailable(ByteBuffer into) throws IOException {
    requireRoom(into);
    return link.limited(timeout, () -> link.inbox().available(into));
  }

  private static void requireRoom(ByteBuffer into) {
    if (!into.hasRemaining()) {
      throw new IllegalArgumentException("the buffer must have room, was " + into);
    }
  }

  /**
   * Reads exactly so many bytes.
   *
   * @param count 0 or more
   * @return the bytes
   * @throws UnexpectedEofException if the peer finished before; it has what had come
   * @throws IOException if it failed
   */
  public byte[] readExactly(int count) throws IOException {
    return readExactly(count, timeout);
  }

  /**
   * As {@link #readExactly(int)}.
   *
   * @param count 0 or more
   * @param limit more than zero
   * @return the bytes
   * @throws IOException if it failed
   */
  public byte[] readExactly(int count, Duration limit) throws IOException {
    Limits.notNegative("count", count);
    return link.limited(Limits.positive(limit), () -> link.inbox().exactly(count));
  }

  /**
   * Waits for the first byte, then reads until nothing has come for a while. A guess, not a
   * framing: a peer or a network that pauses splits an answer in two.
   *
   * @param quiet how long nothing must come
   * @param max most bytes; what is beyond stays unread
   * @return what has come, at most max bytes; empty at the end
   * @throws IOException if it failed
   */
  public ByteBuffer readAvailableBurst(Duration quiet, int max) throws IOException {
    return readAvailableBurst(quiet, max, timeout);
  }

  /**
   * As {@link #readAvailableBurst(Duration, int)}.
   *
   * @param quiet how long nothing must come
   * @param max most bytes; what is beyond stays unread
   * @param limit for all of it, more than zero
   * @return what has come
   * @throws IOException if it failed
   */
  public ByteBuffer readAvailableBurst(Duration quiet, int max, Duration limit) throws IOException {
    Limits.positive("max", max);
    Limits.positive(quiet);
    return link.limited(Limits.positive(limit), () -> link.inbox().burst(quiet, max));
  }

  /**
   * Reads a line of at most 8 KiB, or what the pool's framing allows if that is lines.
   *
   * @return UTF-8 text, without the line feed and a carriage return before it
   * @throws IOException if it failed
   */
  public String readLine() throws IOException {
    return readLine(timeout);
  }

  /**
   * As {@link #readLine()}.
   *
   * @param limit more than zero
   * @return the line
   * @throws IOException if it failed
   */
  public String readLine(Duration limit) throws IOException {
    return link.limited(Limits.positive(limit), this::nextLine);
  }

  final String nextLine() throws IOException {
    boolean ownLines = framing instanceof Marked marked && marked.areLines();
    return UTF_8.decode(link.inbox().nextFrame(ownLines ? framing : Framing.lines())).toString();
  }

  /**
   * Reads until a mark has come, within 8 KiB.
   *
   * @param mark not empty
   * @return everything before the mark, and the mark
   * @throws IOException if it failed
   */
  public byte[] readUntil(byte[] mark) throws IOException {
    return readUntil(mark, timeout);
  }

  /**
   * As {@link #readUntil(byte[])}.
   *
   * @param mark not empty
   * @param limit more than zero
   * @return everything before the mark, and the mark
   * @throws IOException if it failed
   */
  public byte[] readUntil(byte[] mark, Duration limit) throws IOException {
    Framing untilMark = Framing.delimiter(mark, Framing.DEFAULT_MAX_MARKED);
    return link.limited(
        Limits.positive(limit),
        () -> {
          ByteBuffer before = link.inbox().nextFrame(untilMark);
          byte[] all = new byte[before.remaining() + mark.length];
          before.get(all, 0, before.remaining());
          System.arraycopy(mark, 0, all, all.length - mark.length, mark.length);
          return all;
        });
  }

  /**
   * The bytes as a stream, for code that wants one. Each read has the pool's timeout.
   *
   * @return closing it does nothing
   */
  public InputStream input() {
    return new ConnStreams.Input(this);
  }

  /**
   * As {@link #write(ByteBuffer...)}, for code that wants a stream. Not buffered.
   *
   * @return closing it does nothing
   */
  public OutputStream output() {
    return new ConnStreams.Output(this);
  }
}
