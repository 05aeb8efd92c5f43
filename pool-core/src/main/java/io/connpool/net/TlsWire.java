package io.connpool.net;

import io.connpool.Health;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSession;

/**
 * TLS over another wire. An engine of our own rather than an {@code SSLSocket}, because a look at a
 * silent connection must tell what a server may send at any time, such as the tickets and key
 * updates of TLS 1.3, from bytes that nobody asked for: only decrypting them does.
 */
final class TlsWire implements Wire {
  private static final Logger LOG = System.getLogger("io.connpool");

  private static final ByteBuffer[] NOTHING = {ByteBuffer.allocate(0)};

  /** A close_notify fits into the kernel's buffer unless the peer has long stopped reading. */
  private static final Duration FAREWELL = Duration.ofMillis(100);

  private final Wire raw;
  private final SSLEngine engine;

  /** Ciphertext from the peer, from 0 to its position. The reader's. */
  private ByteBuffer received;

  /** What was in it and is not read yet, from its position to its limit. The reader's. */
  private ByteBuffer unread;

  /** The peer has said that nothing more comes. */
  private volatile boolean ended;

  /** Held while encrypting and sending. The reader takes it to answer what TLS itself asks. */
  private final ReentrantLock sending = new ReentrantLock();

  /** Guarded by sending. */
  private ByteBuffer encrypted;

  private volatile long bytesRead;
  private volatile long bytesWritten;

  private TlsWire(Wire raw, SSLEngine engine) {
    this.raw = raw;
    this.engine = engine;
    received = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    encrypted = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    unread = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()).limit(0);
  }

  static Wire handshake(Wire raw, SSLEngine engine, Endpoint peer, Deadline deadline)
      throws IOException {
    Fuse fuse = raw.newFuse();
    fuse.arm(deadline);
    try {
      TlsWire wire = new TlsWire(raw, engine);
      wire.shakeHands(peer);
      fuse.disarm();
      return wire;
    } catch (Throwable failure) {
      closeAfter(failure, raw);
      throw failure;
    }
  }

  private static void closeAfter(Throwable failure, Wire raw) {
    try {
      raw.close();
    } catch (IOException alsoFailed) {
      failure.addSuppressed(alsoFailed);
    }
  }

  private void shakeHands(Endpoint peer) throws IOException {
    try {
      engine.beginHandshake();
      while (isShaking()) {
        if (!answer() && !decrypt() && raw.read(received) < 0) {
          throw new SSLHandshakeException("the peer closed the connection in the handshake");
        }
      }
    } catch (SSLException refused) {
      farewell(); // the peer is told why
      SSLException explained =
          new SSLHandshakeException("TLS with " + peer + ": " + refused.getMessage());
      explained.initCause(refused);
      throw explained;
    }
  }

  private boolean isShaking() {
    return switch (engine.getHandshakeStatus()) {
      case FINISHED, NOT_HANDSHAKING -> false;
      case NEED_TASK, NEED_WRAP, NEED_UNWRAP, NEED_UNWRAP_AGAIN -> true;
    };
  }

  /** Does what TLS itself asks of this side; false if it asks nothing, or waits for the peer. */
  private boolean answer() throws IOException {
    switch (engine.getHandshakeStatus()) {
      case NEED_TASK -> {
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
        return true;
      }
      case NEED_WRAP -> {
        // If a writer holds the lock, its next record carries the answer.
        if (!sending.tryLock()) {
          return false;
        }
        try {
          encryptAndSend(NOTHING);
        } finally {
          sending.unlock();
        }
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  /**
   * Decrypts one record of what was received.
   *
   * @return false if a whole one is not there
   */
  private boolean decrypt() throws IOException {
    if (received.position() == 0 || ended) {
      return false;
    }
    received.flip();
    unread.clear();
    SSLEngineResult result;
    try {
      result = engine.unwrap(received, unread);
    } finally {
      received.compact();
      unread.flip();
    }
    switch (result.getStatus()) {
      case BUFFER_UNDERFLOW -> {
        received = withRoom(received, engine.getSession().getPacketBufferSize());
        return false;
      }
      case BUFFER_OVERFLOW ->
          unread = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()).limit(0);
      case CLOSED -> ended = true;
      case OK -> {
        // What it held is in unread.
      }
    }
    return true;
  }

  /** The same content in a buffer that holds a whole record; the session may have grown them. */
  private static ByteBuffer withRoom(ByteBuffer buffer, int needed) {
    if (buffer.hasRemaining()) {
      return buffer;
    }
    return ByteBuffer.allocate(Math.max(needed, 2 * buffer.capacity())).put(buffer.flip());
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    while (!unread.hasRemaining()) {
      if (ended) {
        return -1;
      }
      if (!advance() && raw.read(received) < 0) {
        throw cutShort();
      }
    }
    return handOver(into);
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    while (!unread.hasRemaining()) {
      if (ended) {
        return -1;
      }
      if (!advance()) {
        int count = raw.readNow(received);
        if (count < 0) {
          throw cutShort();
        }
        if (count == 0) {
          return 0;
        }
      }
    }
    return handOver(into);
  }

  /** As {@link #decrypt}, and does what TLS asks of this side because of it. */
  private boolean advance() throws IOException {
    if (!decrypt()) {
      return false;
    }
    while (answer()) {}
    return true;
  }

  private static EOFException cutShort() {
    return new EOFException("the peer closed without saying so in TLS; data may be missing");
  }

  private int handOver(ByteBuffer into) {
    int count = Math.min(into.remaining(), unread.remaining());
    into.put(into.position(), unread, unread.position(), count);
    into.position(into.position() + count);
    unread.position(unread.position() + count);
    setBytesRead(bytesRead + count);
    return count;
  }

  private void setBytesRead(long total) {
    bytesRead = total;
  }

  @Override
  public void write(ByteBuffer... from) throws IOException {
    long left = 0;
    for (ByteBuffer part : from) {
      left += part.remaining();
    }
    sending.lock();
    try {
      while (left > 0) {
        int taken = encryptAndSend(from);
        if (taken == 0 && engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
          throw new SSLException("the peer wants a new handshake in the middle of a request");
        }
        left -= taken;
      }
    } finally {
      sending.unlock();
    }
  }

  /** One record. Called with the lock held. */
  private int encryptAndSend(ByteBuffer... from) throws IOException {
    encrypted.clear();
    SSLEngineResult result = engine.wrap(from, encrypted);
    switch (result.getStatus()) {
      case BUFFER_OVERFLOW ->
          encrypted = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      case CLOSED -> {
        if (result.bytesProduced() == 0) {
          throw new SSLException("TLS is closed on this side");
        }
      }
      case OK, BUFFER_UNDERFLOW -> {
        // Nothing to prepare.
      }
    }
    long before = raw.bytesWritten();
    try {
      raw.write(encrypted.flip());
    } finally {
      if (raw.bytesWritten() > before) {
        setBytesWritten(bytesWritten + result.bytesConsumed());
      }
    }
    return result.bytesConsumed();
  }

  private void setBytesWritten(long total) {
    bytesWritten = total;
  }

  @Override
  public Health glance() {
    boolean silent = !unread.hasRemaining() && received.position() == 0 && !ended;
    return silent && raw.glance() == Health.CLEAN ? Health.CLEAN : probe(ByteBuffer.allocate(1));
  }

  @Override
  public Health probe(ByteBuffer lastWords) {
    if (!raw.isOpen()) {
      return Health.STALE;
    }
    try {
      int count = readNow(lastWords);
      if (count == 0) {
        return Health.CLEAN;
      }
      return count < 0 ? Health.STALE : Health.DIRTY;
    } catch (IOException broken) {
      return Health.STALE;
    }
  }

  @Override
  public Fuse newFuse() {
    return raw.newFuse();
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
    return raw.isOpen();
  }

  @Override
  public SocketAddress localAddress() {
    return raw.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return raw.remoteAddress();
  }

  @Override
  public Optional<SSLSession> tlsSession() {
    return Optional.of(engine.getSession());
  }

  @Override
  public Optional<String> applicationProtocol() {
    return Optional.ofNullable(engine.getApplicationProtocol()).filter(name -> !name.isEmpty());
  }

  @Override
  public void close() throws IOException {
    if (raw.isOpen()) {
      farewell();
    }
    raw.close();
  }

  /** Sends what TLS has to say last. Whether the peer still listens does not matter. */
  private void farewell() {
    if (!sending.tryLock()) {
      return; // somebody is in the middle of a record, so nothing can be said
    }
    Fuse limit = raw.newFuse();
    limit.arm(Deadline.after(FAREWELL));
    try {
      engine.closeOutbound();
      encryptAndSend(NOTHING);
    } catch (IOException gone) {
      LOG.log(Level.TRACE, "the peer was gone before it was told", gone);
    } finally {
      limit.disarm();
      sending.unlock();
    }
  }

  @Override
  public void abort() throws IOException {
    raw.abort();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "TLS over " + raw;
  }
}
