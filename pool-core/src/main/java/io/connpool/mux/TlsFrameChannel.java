package io.connpool.mux;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS over a TCP socket, by the JDK's engine. The handshake is made before the channel is given to
 * anybody, on a thread that may wait; what the peer sends later of its own accord, such as new
 * keys, is answered in passing.
 */
final class TlsFrameChannel implements SelectableFrameChannel {
  private final SocketChannel channel;
  private final SSLEngine engine;
  private final SocketAddress local;
  private final SocketAddress remote;

  /** The engine may need to write when it reads and the other way round. Nothing waits under it. */
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock, each ready to be put into.
  private final ByteBuffer encryptedIn;
  private final ByteBuffer encryptedOut;
  private final ByteBuffer plainIn;
  private boolean peerEnded;
  private Runnable ready = TlsFrameChannel::tellNobody;

  private TlsFrameChannel(SocketChannel channel, SSLEngine engine) throws IOException {
    this.channel = channel;
    this.engine = engine;
    this.local = channel.getLocalAddress();
    this.remote = channel.getRemoteAddress();
    int packet = engine.getSession().getPacketBufferSize();
    this.encryptedIn = ByteBuffer.allocateDirect(2 * packet);
    this.encryptedOut = ByteBuffer.allocateDirect(4 * packet);
    this.plainIn = ByteBuffer.allocateDirect(2 * engine.getSession().getApplicationBufferSize());
  }

  /** Makes the handshake, within the limit; closes the channel if it fails. */
  static TlsFrameChannel handshake(SocketChannel channel, SSLEngine engine, Duration limit)
      throws IOException {
    try {
      channel.configureBlocking(false);
      TlsFrameChannel tls = new TlsFrameChannel(channel, engine);
      tls.shakeHands(System.nanoTime() + limit.toNanos(), limit);
      return tls;
    } catch (Throwable failure) {
      channel.close();
      throw failure;
    }
  }

  private void shakeHands(long deadline, Duration limit) throws IOException {
    engine.beginHandshake();
    ByteBuffer nothing = ByteBuffer.allocate(0);
    try (Selector selector = Selector.open()) {
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      while (true) {
        runTasks();
        HandshakeStatus status = engine.getHandshakeStatus();
        if (status == HandshakeStatus.NEED_WRAP) {
          wrap(nothing);
        }
        boolean flushed = flushOut();
        if (status == HandshakeStatus.NEED_UNWRAP && flushed && !unwrap()) {
          if (peerEnded) {
            throw new SSLException("the peer closed the connection during the handshake");
          }
          await(selector, key, SelectionKey.OP_READ, deadline, limit);
        } else if (!flushed) {
          await(selector, key, SelectionKey.OP_WRITE, deadline, limit);
        } else if (status == HandshakeStatus.NOT_HANDSHAKING
            || status == HandshakeStatus.FINISHED) {
          return;
        }
      }
    }
  }

  private static void tellNobody() {}

  private static void await(
      Selector selector, SelectionKey key, int operation, long deadline, Duration limit)
      throws IOException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException("the TLS handshake took longer than " + limit);
    }
    key.interestOps(operation);
    selector.select(selected -> {}, millis);
    if (Thread.currentThread().isInterrupted()) {
      throw new SocketTimeoutException("interrupted during the TLS handshake");
    }
  }

  private void runTasks() {
    while (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
      Runnable task;
      while ((task = engine.getDelegatedTask()) != null) {
        task.run();
      }
    }
  }

  @Override
  public SelectableChannel selectable() {
    return channel;
  }

  @Override
  public void onReady(Runnable listener) {
    lock.lock();
    try {
      ready = listener;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    lock.lock();
    try {
      int before = into.position();
      do {
        plainIn.flip();
        int count = Math.min(plainIn.remaining(), into.remaining());
        into.put(plainIn.slice(plainIn.position(), count));
        plainIn.position(plainIn.position() + count).compact();
      } while (into.hasRemaining() && (plainIn.position() > 0 || unwrap()));
      int count = into.position() - before;
      if (count > 0 && peerEnded) {
        ready.run(); // the selector may have nothing more to say: TLS can end without the socket
      }
      return count == 0 && peerEnded ? -1 : count;
    } finally {
      lock.unlock();
    }
  }

  /** One step towards plain bytes; false if it takes more from the peer. */
  private boolean unwrap() throws IOException {
    while (true) {
      encryptedIn.flip();
      SSLEngineResult result;
      try {
        result = engine.unwrap(encryptedIn, plainIn);
      } finally {
        encryptedIn.compact();
      }
      runTasks();
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        wrap(ByteBuffer.allocate(0));
        flushOut();
      }
      if (result.getStatus() == Status.CLOSED) {
        peerEnded = true;
        return false;
      }
      if (result.getStatus() == Status.OK && result.bytesConsumed() > 0) {
        return true;
      }
      int count = channel.read(encryptedIn);
      if (count < 0) {
        peerEnded = true;
      }
      if (count <= 0) {
        return false;
      }
    }
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    lock.lock();
    try {
      int before = from.position();
      while (from.hasRemaining() && flushOut()) {
        if (wrap(from) == 0) {
          break;
        }
      }
      flushOut();
      return from.position() - before;
    } finally {
      lock.unlock();
    }
  }

  private int wrap(ByteBuffer from) throws IOException {
    SSLEngineResult result = engine.wrap(from, encryptedOut);
    runTasks();
    if (result.getStatus() == Status.CLOSED) {
      throw new SSLException("the TLS connection is closed");
    }
    return result.bytesConsumed();
  }

  @Override
  public boolean flush() throws IOException {
    lock.lock();
    try {
      return flushOut();
    } finally {
      lock.unlock();
    }
  }

  private boolean flushOut() throws IOException {
    if (encryptedOut.position() > 0) {
      encryptedOut.flip();
      try {
        channel.write(encryptedOut);
      } finally {
        encryptedOut.compact();
      }
    }
    return encryptedOut.position() == 0;
  }

  @Override
  public SocketAddress localAddress() {
    return local;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      engine.closeOutbound();
      if (encryptedOut.position() == 0) {
        engine.wrap(ByteBuffer.allocate(0), encryptedOut);
        flushOut(); // close_notify, if the socket takes it at once
      }
    } finally {
      lock.unlock();
      channel.close();
    }
  }
}
