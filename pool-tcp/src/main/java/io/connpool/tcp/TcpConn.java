package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.connpool.Health;
import io.connpool.net.Deadline;
import io.connpool.net.Wire;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/**
 * One connection: messages, lines or plain bytes over a {@link Wire}. Owned by one lease and used
 * by one thread at a time.
 *
 * <p><b>Waiting.</b> Every method that reads or writes blocks until it is done or its limit is
 * over: the argument, or else the pool's {@link TcpPoolBuilder#timeout timeout}. The limit is for
 * the whole call, not for each step. Whoever passes it gets a {@link
 * java.net.SocketTimeoutException}, and the connection is closed, because the answer may still
 * come. An interrupt closes the connection too ({@link
 * java.nio.channels.ClosedByInterruptException}, the flag stays set), this one and no other.
 *
 * <p><b>What comes back.</b> Buffers and arrays are the caller's, and stay as they are whatever
 * happens to the connection.
 *
 * <p><b>Mistakes</b> such as a message that is too long are {@link IllegalArgumentException}s
 * before a byte is written; the connection stays good. After any {@link IOException} it is broken
 * for good.
 *
 * <p><b>Reuse.</b> A connection is lent again only if nothing failed, every answer that was asked
 * for was read, nothing is unread, and nothing has come that nobody asked for. An answer is asked
 * for by {@link #sendFrame}, and by {@link #write} until something is read; {@link #oneWay} asks
 * for none.
 */
public final class TcpConn implements Closeable {

  /** What is known about a connection in the hands of its present holder. */
  public enum State {
    /** Nothing was done with it yet. */
    UNPROVEN,
    /** The last thing done with it succeeded. */
    PROVEN,
    /** Something failed; later successes do not change that. */
    BROKEN
  }

  private final Link link;
  private final Framing framing;
  private final Duration timeout;

  TcpConn(Link link, Framing framing, Duration timeout) {
    this.link = link;
    this.framing = framing;
    this.timeout = timeout;
  }

  /**
   * A connection that no pool knows, over a channel that somebody else has opened.
   *
   * @param channel connected and blocking; belongs to the connection from now on
   * @param framing how messages are cut
   * @param timeout for the methods without one
   * @return the connection; to be closed by the caller
   * @throws IllegalArgumentException if the channel is not connected or not blocking
   */
  public static TcpConn wrap(SocketChannel channel, Framing framing, Duration timeout) {
    return wrap(Wire.over(channel), framing, timeout);
  }

  /**
   * As {@link #wrap(SocketChannel, Framing, Duration)}, over a socket. Without a channel under it
   * nobody sees that the peer has closed before a read fails.
   *
   * @param socket connected; belongs to the connection from now on
   * @param framing how messages are cut
   * @param timeout for the methods without one
   * @return the connection; to be closed by the caller
   * @throws IOException if the socket gives no streams
   */
  public static TcpConn wrap(Socket socket, Framing framing, Duration timeout) throws IOException {
    return wrap(Wire.over(socket), framing, timeout);
  }

  /**
   * As {@link #wrap(SocketChannel, Framing, Duration)}, over any wire.
   *
   * @param wire belongs to the connection from now on
   * @param framing how messages are cut
   * @param timeout for the methods without one
   * @return the connection; to be closed by the caller
   */
  public static TcpConn wrap(Wire wire, Framing framing, Duration timeout) {
    return new TcpConn(
        new Link(wire), Objects.requireNonNull(framing, "framing"), Limits.positive(timeout));
  }

  Link link() {
    return link;
  }

  // --- messages ---

  /**
   * Sends a message and reads the answer to it. If the connection had lain idle and turns out to be
   * stale, and nothing of the message was written, it is dialed again and the message sent on the
   * new one; see {@link IoRetry}.
   *
   * @param request the message; not changed
   * @return the answer
   * @throws IOException if it failed; {@link UnexpectedEofException} if the peer finished instead
   */
  public ByteBuffer exchange(ByteBuffer request) throws IOException {
    return exchange(request, timeout);
  }

  /**
   * As {@link #exchange(ByteBuffer)}.
   *
   * @param request the message; not changed
   * @param limit for all of it, more than zero
   * @return the answer
   * @throws IOException if it failed
   */
  public ByteBuffer exchange(ByteBuffer request, Duration limit) throws IOException {
    return exchanged(request, limit, false);
  }

  /**
   * As {@link #exchange(ByteBuffer)}, for a message that does no harm when it is executed twice: it
   * is also sent again when it was written to a stale connection and no byte of an answer has come.
   *
   * @param request the message; not changed
   * @return the answer
   * @throws IOException if it failed
   */
  public ByteBuffer exchangeIdempotent(ByteBuffer request) throws IOException {
    return exchangeIdempotent(request, timeout);
  }

  /**
   * As {@link #exchangeIdempotent(ByteBuffer)}.
   *
   * @param request the message; not changed
   * @param limit for all of it, more than zero
   * @return the answer
   * @throws IOException if it failed
   */
  public ByteBuffer exchangeIdempotent(ByteBuffer request, Duration limit) throws IOException {
    return exchanged(request, limit, true);
  }

  private ByteBuffer exchanged(ByteBuffer request, Duration limit, boolean idempotent)
      throws IOException {
    ByteBuffer[] frame = framing.frame(request);
    return exchangeFrame(frame, Deadline.after(Limits.positive(limit)), idempotent);
  }

  ByteBuffer exchangeFrame(ByteBuffer[] frame, Deadline deadline, boolean idempotent)
      throws IOException {
    return link.retrying(
        deadline,
        idempotent,
        () -> {
          // Written to by each try, so each needs positions of its own.
          link.send(copiesOf(frame));
          link.answersOwed++;
          ByteBuffer answer = link.nextFrame(framing);
          link.answersOwed--;
          return answer;
        });
  }

  void oneWayFrame(ByteBuffer[] frame, Deadline deadline) throws IOException {
    link.retrying(
        deadline,
        false,
        () -> {
          link.send(copiesOf(frame));
          return true;
        });
  }

  private static ByteBuffer[] copiesOf(ByteBuffer... buffers) {
    ByteBuffer[] copies = new ByteBuffer[buffers.length];
    for (int i = 0; i < buffers.length; i++) {
      copies[i] = buffers[i].duplicate();
    }
    return copies;
  }

  /**
   * Sends a message to which an answer will come, to be read with {@link #readFrame}.
   *
   * @param message not changed
   * @throws IOException if it failed
   */
  public void sendFrame(ByteBuffer message) throws IOException {
    sendFrame(message, timeout);
  }

  /**
   * As {@link #sendFrame(ByteBuffer)}.
   *
   * @param message not changed
   * @param limit more than zero
   * @throws IOException if it failed
   */
  public void sendFrame(ByteBuffer message, Duration limit) throws IOException {
    ByteBuffer[] frame = framing.frame(message);
    link.limited(
        Limits.positive(limit),
        () -> {
          link.answersOwed++;
          link.send(frame);
          return true;
        });
  }

  /**
   * Sends a message to which no answer will come.
   *
   * @param message not changed
   * @throws IOException if it failed
   */
  public void oneWay(ByteBuffer message) throws IOException {
    oneWay(message, timeout);
  }

  /**
   * As {@link #oneWay(ByteBuffer)}.
   *
   * @param message not changed
   * @param limit more than zero
   * @throws IOException if it failed
   */
  public void oneWay(ByteBuffer message, Duration limit) throws IOException {
    oneWayFrame(framing.frame(message), Deadline.after(Limits.positive(limit)));
  }

  /**
   * Reads the next message.
   *
   * @return the message; empty for one without content
   * @throws IOException if it failed
   */
  public ByteBuffer readFrame() throws IOException {
    return readFrame(timeout);
  }

  /**
   * As {@link #readFrame()}.
   *
   * @param limit more than zero
   * @return the message
   * @throws IOException if it failed
   */
  public ByteBuffer readFrame(Duration limit) throws IOException {
    return link.limited(
        Limits.positive(limit),
        () -> {
          ByteBuffer message = link.nextFrame(framing);
          link.answersOwed = Math.max(0, link.answersOwed - 1);
          return message;
        });
  }

  // --- bytes ---

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
          link.bytesOwed = true;
          link.send(from);
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
    return link.limited(Limits.positive(limit), () -> link.some(into));
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
    return link.limited(timeout, () -> link.available(into));
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
    return link.limited(Limits.positive(limit), () -> link.exactly(count));
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
    return link.limited(Limits.positive(limit), () -> link.burst(quiet, max));
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

  private String nextLine() throws IOException {
    boolean ownLines = framing instanceof Marked marked && marked.areLines();
    return UTF_8.decode(link.nextFrame(ownLines ? framing : Framing.lines())).toString();
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
          ByteBuffer before = link.nextFrame(untilMark);
          byte[] all = new byte[before.remaining() + mark.length];
          before.get(all, 0, before.remaining());
          System.arraycopy(mark, 0, all, all.length - mark.length, mark.length);
          return all;
        });
  }

  /**
   * Writes bytes and reads an answer of known length.
   *
   * @param request as it is
   * @param count bytes of the answer, 0 or more
   * @return the answer
   * @throws IOException if it failed
   */
  public byte[] sendRecv(byte[] request, int count) throws IOException {
    return sendRecv(request, count, timeout);
  }

  /**
   * As {@link #sendRecv(byte[], int)}.
   *
   * @param request as it is
   * @param count bytes of the answer, 0 or more
   * @param limit for both, more than zero
   * @return the answer
   * @throws IOException if it failed
   */
  public byte[] sendRecv(byte[] request, int count, Duration limit) throws IOException {
    Limits.notNegative("count", count);
    return link.retrying(
        Deadline.after(Limits.positive(limit)),
        false,
        () -> {
          link.send(ByteBuffer.wrap(request));
          return link.exactly(count);
        });
  }

  /**
   * Writes bytes and reads a line.
   *
   * @param request as it is; a line feed is not added
   * @return the line
   * @throws IOException if it failed
   */
  public String sendRecvLine(byte[] request) throws IOException {
    return sendRecvLine(request, timeout);
  }

  /**
   * As {@link #sendRecvLine(byte[])}.
   *
   * @param request as it is
   * @param limit for both, more than zero
   * @return the line
   * @throws IOException if it failed
   */
  public String sendRecvLine(byte[] request, Duration limit) throws IOException {
    return link.retrying(
        Deadline.after(Limits.positive(limit)),
        false,
        () -> {
          link.send(ByteBuffer.wrap(request));
          return nextLine();
        });
  }

  /**
   * Writes bytes and reads a burst, see {@link #readAvailableBurst(Duration, int)}.
   *
   * @param request as it is
   * @param quiet how long nothing must come
   * @param max most bytes
   * @return what has come
   * @throws IOException if it failed
   */
  public ByteBuffer sendRecvBurst(byte[] request, Duration quiet, int max) throws IOException {
    return sendRecvBurst(request, quiet, max, timeout);
  }

  /**
   * As {@link #sendRecvBurst(byte[], Duration, int)}.
   *
   * @param request as it is
   * @param quiet how long nothing must come
   * @param max most bytes
   * @param limit for both, more than zero
   * @return what has come
   * @throws IOException if it failed
   */
  public ByteBuffer sendRecvBurst(byte[] request, Duration quiet, int max, Duration limit)
      throws IOException {
    Limits.positive("max", max);
    Limits.positive(quiet);
    return link.retrying(
        Deadline.after(Limits.positive(limit)),
        false,
        () -> {
          link.send(ByteBuffer.wrap(request));
          return link.burst(quiet, max);
        });
  }

  // --- streams ---

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

  // --- what is known ---

  /**
   * What is known since the present lease began.
   *
   * @return never null
   */
  public State state() {
    return link.state();
  }

  /**
   * Whether it could be lent again as it is: nothing failed, nothing is owed, nothing is unread.
   *
   * @return what the pool will see when it is released
   */
  public boolean isPristine() {
    return link.atRest() == Health.CLEAN;
  }

  /**
   * How many answers were asked for and not read yet.
   *
   * @return 0 or more
   */
  public int answersOwed() {
    return link.answersOwed;
  }

  /**
   * Bytes written since it was dialed.
   *
   * @return 0 or more
   */
  public long bytesWritten() {
    return link.wire().bytesWritten();
  }

  /**
   * Bytes read since it was dialed.
   *
   * @return 0 or more
   */
  public long bytesRead() {
    return link.wire().bytesRead();
  }

  /**
   * How often it was dialed again because it was stale.
   *
   * @return 0 or more
   */
  public int redials() {
    return link.redials();
  }

  /**
   * This side's address.
   *
   * @return the address
   */
  public SocketAddress localAddress() {
    return link.wire().localAddress();
  }

  /**
   * The peer's address.
   *
   * @return the address
   */
  public SocketAddress remoteAddress() {
    return link.wire().remoteAddress();
  }

  /**
   * What TLS has negotiated.
   *
   * @return empty without TLS
   */
  public Optional<SSLSession> tlsSession() {
    return link.wire().tlsSession();
  }

  /**
   * What ALPN has agreed on.
   *
   * @return empty without TLS, or if the peer chose nothing
   */
  public Optional<String> applicationProtocol() {
    return link.wire().applicationProtocol();
  }

  /**
   * Closes it in order. A holder of a lease may do that; the pool then replaces it.
   *
   * @throws IOException if the socket cannot be closed
   */
  @Override
  public void close() throws IOException {
    link.close();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "TcpConn[" + link.wire() + ", " + state() + "]";
  }
}
