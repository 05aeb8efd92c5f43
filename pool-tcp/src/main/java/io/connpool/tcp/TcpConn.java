package io.connpool.tcp;

import io.connpool.net.Deadline;
import io.connpool.net.Wire;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;

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
public final class TcpConn extends ByteConn {

  /** What is known about a connection in the hands of its present holder. */
  public enum State {
    /** Nothing was done with it yet. */
    UNPROVEN,
    /** The last thing done with it succeeded. */
    PROVEN,
    /** Something failed; later successes do not change that. */
    BROKEN
  }

  TcpConn(Link link, Framing framing, Duration timeout) {
    super(link, framing, timeout);
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
          link.wire().write(copiesOf(frame));
          link.inbox().answerAsked();
          ByteBuffer answer = link.inbox().nextFrame(framing);
          link.inbox().answerRead();
          return answer;
        });
  }

  void oneWayFrame(ByteBuffer[] frame, Deadline deadline) throws IOException {
    link.retrying(
        deadline,
        false,
        () -> {
          link.wire().write(copiesOf(frame));
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
          link.inbox().answerAsked();
          link.wire().write(frame);
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
          ByteBuffer message = link.inbox().nextFrame(framing);
          link.inbox().answerRead();
          return message;
        });
  }

  // --- plain bytes there and back ---

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
          link.wire().write(ByteBuffer.wrap(request));
          return link.inbox().exactly(count);
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
          link.wire().write(ByteBuffer.wrap(request));
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
          link.wire().write(ByteBuffer.wrap(request));
          return link.inbox().burst(quiet, max);
        });
  }
}
