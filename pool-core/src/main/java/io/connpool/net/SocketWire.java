package io.connpool.net;

import io.connpool.Health;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** Bytes over a socket without a channel, such as one that another library has opened. */
final class SocketWire implements Wire {
  private static final Logger LOG = System.getLogger("io.connpool");

  private static final int PIECE = 8 * 1024;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final Cut cut = new Cut(this::abortElsewhere);

  private volatile long bytesRead;
  private volatile long bytesWritten;

  private SocketWire(Socket socket) throws IOException {
    this.socket = socket;
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  static Wire over(Socket socket) throws IOException {
    if (!socket.isConnected() || socket.isClosed()) {
      throw new IllegalArgumentException("must be connected and open, was " + socket);
    }
    return new SocketWire(socket);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    byte[] piece = new byte[Math.min(into.remaining(), PIECE)];
    int count = readPiece(piece);
    if (count > 0) {
      into.put(piece, 0, count);
      setBytesRead(bytesRead + count);
    }
    return count;
  }

  private int readPiece(byte[] piece) throws IOException {
    try {
      return in.read(piece);
    } catch (IOException failure) {
      throw cut.explained(failure, remoteAddress());
    }
  }

  private void setBytesRead(long total) {
    bytesRead = total;
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    return in.available() == 0 ? 0 : read(into);
  }

  @Override
  public void write(ByteBuffer... from) throws IOException {
    int total = 0;
    for (ByteBuffer part : from) {
      total = Math.addExact(total, part.remaining());
    }
    byte[] all = new byte[total];
    int position = 0;
    for (ByteBuffer part : from) {
      int length = part.remaining();
      part.get(all, position, length);
      position += length;
    }
    // A stream does not tell how much it wrote before it failed; all of it may have left.
    setBytesWritten(bytesWritten + total);
    try {
      out.write(all);
      out.flush();
    } catch (IOException failure) {
      throw cut.explained(failure, remoteAddress());
    }
  }

  private void setBytesWritten(long total) {
    bytesWritten = total;
  }

  @Override
  public Health glance() {
    try {
      if (socket.isClosed()) {
        return Health.STALE;
      }
      return in.available() == 0 ? Health.CLEAN : Health.DIRTY;
    } catch (IOException broken) {
      return Health.STALE;
    }
  }

  @Override
  public Health probe(ByteBuffer lastWords) {
    Health seen = glance();
    try {
      if (seen == Health.DIRTY) {
        readNow(lastWords);
      }
    } catch (IOException broken) {
      return Health.STALE;
    }
    return seen == Health.CLEAN ? Health.UNKNOWN : seen;
  }

  @Override
  public Fuse newFuse() {
    return cut.newFuse();
  }

  /** On a thread of its own, because nobody knows what the close of a foreign socket waits for. */
  private void abortElsewhere() {
    Thread closer = new Thread(this::abortQuietly, "connpool-cut");
    closer.setDaemon(true);
    closer.start();
  }

  private void abortQuietly() {
    try {
      abort();
    } catch (IOException unclosable) {
      LOG.log(Level.WARNING, () -> this + " was cut at its deadline and did not close", unclosable);
    }
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  public long bytesWritten() {
    return bytesWritten;
  }

  @Override
  public boolean isOpen() {
    return !cut.isDone() && !socket.isClosed();
  }

  @Override
  public SocketAddress localAddress() {
    return socket.getLocalSocketAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return socket.getRemoteSocketAddress();
  }

  @Override
  public Optional<SSLSession> tlsSession() {
    return socket instanceof SSLSocket tls ? Optional.of(tls.getSession()) : Optional.empty();
  }

  @Override
  public Optional<String> applicationProtocol() {
    return socket instanceof SSLSocket tls
        ? Optional.ofNullable(tls.getApplicationProtocol()).filter(name -> !name.isEmpty())
        : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    try {
      socket.close();
    } finally {
      cut.forget();
    }
  }

  @Override
  public void abort() throws IOException {
    try {
      if (!socket.isClosed()) {
        socket.setSoLinger(true, 0);
      }
    } finally {
      close();
    }
  }

  /** For messages. */
  @Override
  public String toString() {
    return "Wire[" + localAddress() + " to " + remoteAddress() + "]";
  }
}
