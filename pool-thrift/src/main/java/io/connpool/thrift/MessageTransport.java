package io.connpool.thrift;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.TException;
import org.apache.thrift.transport.TEndpointTransport;
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
  private static final byte[] NOTHING = {};

  final WireState state;
  final int maxMessageSize;

  private final int usualSize;
  private final int headRoom;
  private byte[] out;
  private int outEnd;

  byte[] in = NOTHING;
  int inPos;
  int inEnd;

  /**
   * @param usualSize of the buffer for requests; it grows with large ones
   * @param headRoom bytes left free before each request
   */
  MessageTransport(WireState state, int usualSize, int headRoom, int maxMessageSize)
      throws TTransportException {
    super(
        new TConfiguration(maxMessageSize, maxMessageSize, TConfiguration.DEFAULT_RECURSION_DEPTH));
    this.state = state;
    this.usualSize = usualSize;
    this.headRoom = headRoom;
    this.maxMessageSize = maxMessageSize;
    out = new byte[usualSize];
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
    // What follows a large field is mostly small: room for both, or it would be copied again.
    long roomy = Math.max(wanted + usualSize, 2L * out.length);
    out = Arrays.copyOf(out, (int) Math.min(roomy, mostBytes()));
  }

  private long mostBytes() {
    return Math.min((long) maxMessageSize + headRoom, Integer.MAX_VALUE - 8);
  }

  /**
   * Sends a request and tells the {@link #state} when it begins to leave and when it has left.
   *
   * @param request begins with the room at its head
   * @param end where it ends
   */
  abstract void send(byte[] request, int end) throws TTransportException;

  @Override
  public final void flush() throws TTransportException {
    if (!state.isHalfWritten()) {
      return;
    }
    int length = outEnd - headRoom;
    if (length > maxMessageSize) {
      throw state.tooLarge(length, maxMessageSize);
    }
    send(out, outEnd);
    outEnd = headRoom;
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

  /**
   * Waits for an answer, whose first byte is then the next one.
   *
   * @throws TException if there is none
   */
  abstract void awaitAnswer() throws TException;

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

  /** Gives up a buffer that a large request has blown up. */
  final void trimRequest(int most) {
    if (out.length > most && outEnd == headRoom) {
      out = new byte[usualSize];
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

  /** Connections are dialed by the pool. */
  @Override
  public final void open() throws TTransportException {
    if (!isOpen()) {
      throw new TTransportException(
          TTransportException.NOT_OPEN, "a pooled connection cannot be opened again");
    }
  }
}
