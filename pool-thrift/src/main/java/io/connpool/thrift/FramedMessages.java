package io.connpool.thrift;

import io.connpool.Verdict;
import java.nio.charset.StandardCharsets;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFramedTransport;

/** Messages with their length before them. The bytes are those of {@link TFramedTransport}. */
final class FramedMessages extends StreamMessages {
  private static final int HEADER = 4;

  /** Where the frame that is being read ends. */
  private int frameEnd;

  FramedMessages(TTransport link, WireState state, int maxMessageSize) throws TTransportException {
    super(link, state, HEADER, maxMessageSize);
  }

  @Override
  void finish(byte[] request, int end) {
    TFramedTransport.encodeFrameSize(end - HEADER, request);
  }

  @Override
  void beginAnswer() throws TTransportException {
    fill(HEADER);
    int length = frameLength();
    inPos = HEADER;
    fill(length);
    frameEnd = inPos + length;
  }

  private int frameLength() throws TTransportException {
    int length = TFramedTransport.decodeFrameSize(in);
    if (length < 0 || length > maxMessageSize) {
      String header = new String(in, 0, HEADER, StandardCharsets.ISO_8859_1);
      if (header.equals("HTTP")) {
        throw nonsense("the peer speaks HTTP");
      }
      // how the strict binary protocol begins, and the compact one
      if ((length & 0xffff0000) == 0x80010000 || (in[0] & 0xff) == 0x82) {
        throw nonsense("the peer answers without frames, use buffered()");
      }
      if (length < 0) {
        throw nonsense("the frame has length " + length);
      }
      throw state.tooLarge(length, maxMessageSize);
    }
    return length;
  }

  private ThriftCallException nonsense(String what) {
    return state.garbled(what, Verdict.Retry.NEVER, null);
  }

  @Override
  int available() {
    return Math.max(0, frameEnd - inPos);
  }

  /** An answer never goes on in another frame. */
  @Override
  void refill() throws TTransportException {
    throw state.garbled("the answer is longer than its frame");
  }

  /** A size that the frame cannot hold is a lie, and nothing must be allocated for it. */
  @Override
  public void checkReadBytesAvailable(long wanted) throws TTransportException {
    if (wanted < 0 || wanted > available()) {
      throw state.garbled(
          "something in the answer claims %,d bytes, its frame has %,d left"
              .formatted(wanted, available()));
    }
  }
}
