package io.connpool.thrift;

import org.apache.thrift.TException;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;

/** Messages over a stream of bytes that is this connection's alone. */
abstract class StreamMessages extends MessageTransport {
  /** As much as libthrift's own socket buffers: one read or write for nearly every message. */
  private static final int BUFFER = 8 * 1024;

  /** What an idle connection may keep per direction; at a thousand of them, 128 MB. */
  private static final int KEPT = 64 * 1024;

  private final TTransport link;

  /**
   * @param link carries the bytes; owned by this transport
   * @param headRoom bytes left free before each request, for {@link #finish}
   */
  StreamMessages(TTransport link, WireState state, int headRoom, int maxMessageSize)
      throws TTransportException {
    super(state, BUFFER, headRoom, maxMessageSize);
    this.link = link;
    in = new byte[BUFFER];
  }

  /** Fills the room at the head of a request. */
  abstract void finish(byte[] request, int end);

  @Override
  final void send(byte[] request, int end) throws TTransportException {
    finish(request, end);
    state.sending();
    try {
      link.write(request, 0, end);
      link.flush();
    } catch (TTransportException failure) {
      throw state.failed(failure);
    }
    state.sent();
  }

  @Override
  final void awaitAnswer() throws TException {
    if (hasLeftovers()) {
      throw state.garbled("bytes that nobody asked for came with the answer before");
    }
    inPos = 0;
    inEnd = 0;
    beginAnswer();
  }

  /** Waits for the first bytes of an answer, into the empty buffer. */
  abstract void beginAnswer() throws TTransportException;

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

  /** Gives up buffers that a large message has blown up. */
  final void trim() {
    trimRequest(KEPT);
    if (in.length > KEPT && !hasLeftovers()) {
      in = new byte[BUFFER];
      inPos = 0;
      inEnd = 0;
    }
  }

  // --- the ends ---

  @Override
  public final boolean isOpen() {
    return link.isOpen();
  }

  @Override
  public final void close() {
    link.close();
  }
}
