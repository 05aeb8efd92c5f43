package io.connpool.thrift;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.transport.TEndpointTransport;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;

/**
 * What the protocols of one connection write to and read from. A request is put together here and
 * leaves in one piece, so that one whose writing fails half way can be {@link #abort() forgotten}
 * and the connection goes on; and {@link WireState} is told about every step.
 *
 * <p>Both buffers are kept between calls, but not when a large message has blown them up. Answers
 * are decoded in place; what is handed out of the buffer as {@code binary} is {@link #owned
 * copied}.
 */
abstract class MessageTransport extends TEndpointTransport {
  /** As much as libthrift's own socket buffers: one read or write for nearly every message. */
  private static final int BUFFER = 8 * 1024;

  /** What an idle connection may keep per direction; at a thousand of them, 128 MB. */
  private static final int KEPT = 64 * 1024;

  final WireState state;
  final int maxMessageSize;

  private final TTransport link;
  private final int headRoom;
  private byte[] out = new byte[BUFFER];
  private int outEnd;

  byte[] in = new byte[BUFFER];
  int inPos;
  int inEnd;

  /**
   * @param link carries the bytes; owned by this transport
   * @param headRoom bytes left free before each request, for {@link #finish}
   */
  MessageTransport(TTransport link, WireState state, int headRoom, int maxMessageSize)
      throws TTransportException {
    super(
        new TConfiguration(maxMessageSize, maxMessageSize, TConfiguration.DEFAULT_RECURSION_DEPTH));
    this.link = link;
    this.state = state;
    this.headRoom = headRoom;
    this.maxMessageSize = maxMessageSize;
    outEnd = headRoom;
  }

  // --- writing ---

  @Override
  public final void write(byte[] bytes, int offset, int length) throws TTransportException {
    if (length > out.length - outEnd) {
      makeRoom(length);
    }
    System.arraycopy(bytes, offset, out, outEnd, length);
    outEnd += length;
  }

  private void makeRoom(int length) throws TTransportException {
    long wanted = (long) outEnd + length;
    if (wanted - headRoom > maxMessageSize) {
      throw state.tooLarge(wanted - headRoom, maxMessageSize);
    }
    out = Arrays.copyOf(out, (int) Math.min(Math.max(wanted, 2L * out.length), mostBytes()));
  }

  private long mostBytes() {
    return Math.min((long) maxMessageSize + headRoom, Integer.MAX_VALUE - 8);
  }

  /** Fills the room at the head of a request. */
  abstract void finish(byte[] request, int length);

  @Override
  public final void flush() throws TTransportException {
    if (!state.isHalfWritten()) {
      return;
    }
    int length = outEnd - headRoom;
    if (length > maxMessageSize) {
      throw state.tooLarge(length, maxMessageSize);
    }
    finish(out, length);
    state.sending();
    try {
      link.write(out, 0, outEnd);
      link.flush();
    } catch (TTransportException failure) {
      throw state.failed(failure);
    }
    outEnd = headRoom;
    state.sent();
  }

  /** Forgets a request of which nothing has left. */
  final void abort() {
    outEnd = headRoom;
    state.aborted();
  }

  // --- reading ---

  @Override
  public final int read(byte[] into, int offset, int length) throws TTransportException {
    if (length == 0) {
      return 0;
    }
    if (available() == 0) {
      refill();
    }
    int count = Math.min(length, available());
    System.arraycopy(in, inPos, into, offset, count);
    inPos += count;
    return count;
  }

  /** Bytes of the current answer that can be read without waiting. */
  abstract int available();

  /** Waits until {@link #available} is more than 0. */
  abstract void refill() throws TTransportException;

  /** An answer is expected: its first byte must be the next one of the link. */
  abstract void awaitAnswer() throws TTransportException;

  /** Waits until that many bytes are in the buffer, from {@link #inPos} on; there may be more. */
  final void fill(int wanted) throws TTransportException {
    if (wanted > in.length - inPos) {
      byte[] roomy = wanted > in.length ? new byte[wanted] : in;
      System.arraycopy(in, inPos, roomy, 0, inEnd - inPos);
      inEnd -= inPos;
      inPos = 0;
      in = roomy;
    }
    while (inEnd - inPos < wanted) {
      int count;
      try {
        count = link.read(in, inEnd, in.length - inEnd);
        if (count <= 0) {
          throw new TTransportException(
              TTransportException.END_OF_FILE, "the peer closed the connection");
        }
      } catch (TTransportException failure) {
        throw state.failed(failure);
      }
      inEnd += count;
      if (state.awaitsAnswer()) {
        state.answerBegins();
      }
    }
  }

  /** Whether bytes are left that no call has asked for. */
  final boolean hasLeftovers() {
    return inEnd != inPos;
  }

  /** The same bytes outside of the buffer that the next answer will overwrite. */
  final ByteBuffer owned(ByteBuffer binary) {
    if (!binary.hasArray() || binary.array() != in) {
      return binary;
    }
    int begin = binary.arrayOffset() + binary.position();
    return ByteBuffer.wrap(Arrays.copyOfRange(in, begin, begin + binary.remaining()));
  }

  /** Gives up buffers that a large message has blown up. */
  final void trim() {
    if (out.length > KEPT && outEnd == headRoom) {
      out = new byte[BUFFER];
    }
    if (in.length > KEPT && !hasLeftovers()) {
      in = new byte[BUFFER];
      inPos = 0;
      inEnd = 0;
    }
  }

  /** The size of both buffers. */
  final int bytesKept() {
    return in.length + out.length;
  }

  @Override
  public final byte[] getBuffer() {
    return in;
  }

  @Override
  public final int getBufferPosition() {
    return inPos;
  }

  @Override
  public final int getBytesRemainingInBuffer() {
    return available();
  }

  @Override
  public final void consumeBuffer(int length) {
    inPos += length;
  }

  // --- the ends ---

  @Override
  public final boolean isOpen() {
    return link.isOpen();
  }

  /** Connections are dialed by the pool. */
  @Override
  public final void open() throws TTransportException {
    if (!isOpen()) {
      throw new TTransportException(
          TTransportException.NOT_OPEN, "a pooled connection cannot be opened again");
    }
  }

  @Override
  public final void close() {
    link.close();
  }
}
