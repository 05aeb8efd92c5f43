package io.connpool.mux;

import static java.lang.System.Logger.Level.DEBUG;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes a carrier that blocks one that does not: a thread waits in its read, another in its write,
 * and a pipe for each keeps what has come or has to go. The boundaries of the messages mean
 * nothing; their concatenation is the stream.
 */
final class BlockingFrameChannel implements FrameChannel {
  private static final System.Logger LOG = System.getLogger(BlockingFrameChannel.class.getName());
  private static final int LARGEST_MESSAGE = 64 * 1024;
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final MessageSocket socket;
  private final Pipe in = new Pipe();
  private final Pipe out = new Pipe();

  BlockingFrameChannel(MessageSocket socket) {
    this.socket = socket;
  }

  @Override
  public void onReady(Runnable ready) {
    in.onReadable(ready);
    out.onWritable(ready);
    String name = "connpool-mux-carrier-" + NUMBER.incrementAndGet();
    Crew.daemon(this::readUntilEnd, name + "-read").start();
    Crew.daemon(this::writeUntilEnd, name + "-write").start();
  }

  private void readUntilEnd() {
    try {
      ByteBuffer message;
      while ((message = socket.read()) != null) {
        in.writeWaiting(message);
      }
      in.end(null);
    } catch (IOException failure) {
      in.end(failure);
    } catch (Throwable failure) {
      in.end(new IOException("the message socket failed", failure));
    }
  }

  private void writeUntilEnd() {
    ByteBuffer message = ByteBuffer.allocate(LARGEST_MESSAGE);
    try {
      while (out.readWaiting(message) > 0) {
        socket.write(message.flip());
        message.clear();
      }
    } catch (IOException failure) {
      out.end(failure);
      in.end(failure);
    } catch (Throwable failure) {
      IOException wrapped = new IOException("the message socket failed", failure);
      out.end(wrapped);
      in.end(wrapped);
    } finally {
      closeSocket(); // here, so that a farewell that was written before the close still leaves
    }
  }

  private void closeSocket() {
    try {
      socket.close();
    } catch (IOException | RuntimeException failure) {
      LOG.log(DEBUG, "closing a message socket", failure);
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return in.read(into);
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    return out.write(from);
  }

  @Override
  public SocketAddress localAddress() {
    return socket.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return socket.remoteAddress();
  }

  /**
   * The threads end when the carrier's read and write do: the writer closes it as soon as it has
   * written what is left, and at once if it is stuck in a write.
   */
  @Override
  public void close() {
    in.end(null);
    boolean nothingLeft = out.isEmpty();
    out.end(null);
    if (!nothingLeft) {
      closeSocket();
    }
  }
}
