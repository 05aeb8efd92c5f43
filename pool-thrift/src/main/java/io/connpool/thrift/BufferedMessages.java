package io.connpool.thrift;

import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;

/** Messages one behind the other: where one ends is known only by decoding it. */
final class BufferedMessages extends StreamMessages {
  /** How much of the current answer has been taken out of the link before the buffer's begin. */
  private long before;

  BufferedMessages(TTransport link, WireState state, int maxMessageSize)
      throws TTransportException {
    super(link, state, 0, maxMessageSize);
  }

  @Override
  void finish(byte[] request, int end) {}

  @Override
  void beginAnswer() throws TTransportException {
    before = 0;
    fill(1);
  }

  @Override
  int available() {
    return inEnd - inPos;
  }

  @Override
  void refill() throws TTransportException {
    before += inPos;
    if (before > maxMessageSize) {
      throw state.tooLarge(before, maxMessageSize);
    }
    inPos = 0;
    inEnd = 0;
    fill(1);
  }

  /** The best that can be known without frames: no answer is larger than the limit. */
  @Override
  public void checkReadBytesAvailable(long wanted) throws TTransportException {
    long most = maxMessageSize - before - inPos;
    if (wanted < 0 || wanted > most) {
      throw state.tooLarge(wanted, maxMessageSize);
    }
  }
}
