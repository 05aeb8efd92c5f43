package io.connpool.thrift;

import io.connpool.mux.MuxRequest;
import java.util.Arrays;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.transport.TEndpointTransport;
import org.apache.thrift.transport.TTransportException;

/** What a processor reads one request from and writes its answer to. */
final class RequestTransport extends TEndpointTransport {
  /** Enough for an answer with a few small fields. */
  private static final int BUFFER = 256;

  final MuxRequest request;

  private final byte[] in;
  private int inPos;
  private byte[] out = new byte[BUFFER];
  private int outEnd;

  RequestTransport(MuxRequest request) throws TTransportException {
    super(TConfiguration.DEFAULT);
    this.request = request;
    in = request.body();
  }

  /** What was written. */
  byte[] answer() {
    return Arrays.copyOf(out, outEnd);
  }

  @Override
  public int read(byte[] into, int offset, int length) throws TTransportException {
    int count = Math.min(length, in.length - inPos);
    if (count == 0 && length > 0) {
      throw new TTransportException(
          TTransportException.END_OF_FILE, "the request ends after " + in.length + " bytes");
    }
    System.arraycopy(in, inPos, into, offset, count);
    inPos += count;
    return count;
  }

  /** A size that the request cannot hold is a lie, and nothing must be allocated for it. */
  @Override
  public void checkReadBytesAvailable(long wanted) throws TTransportException {
    if (wanted < 0 || wanted > in.length - inPos) {
      throw new TTransportException(
          TTransportException.MESSAGE_SIZE_LIMIT,
          "something in the request claims %,d bytes, it has %,d left"
              .formatted(wanted, in.length - inPos));
    }
  }

  @Override
  public byte[] getBuffer() {
    return in;
  }

  @Override
  public int getBufferPosition() {
    return inPos;
  }

  @Override
  public int getBytesRemainingInBuffer() {
    return in.length - inPos;
  }

  @Override
  public void consumeBuffer(int length) {
    inPos += length;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (length > out.length - outEnd) {
      // What follows a large field is mostly small: room for both, or it would be copied again.
      int wanted = Math.addExact(Math.addExact(outEnd, length), BUFFER);
      out = Arrays.copyOf(out, Math.max(wanted, 2 * out.length));
    }
    System.arraycopy(bytes, offset, out, outEnd, length);
    outEnd += length;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void open() {}

  @Override
  public void close() {}
}
