package io.connpool.mux;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/** What one lease has of a connection that many share: knows what was sent through it. */
final class MuxShare implements MuxConnection {
  private static final AtomicIntegerFieldUpdater<MuxShare> SENT =
      AtomicIntegerFieldUpdater.newUpdater(MuxShare.class, "sent");

  private final Session session;
  private volatile int sent;

  MuxShare(Session session) {
    this.session = session;
  }

  /** Whether the message that failed was the only one. */
  boolean hasSentOnce() {
    return sent == 1;
  }

  private Session sending() {
    SENT.incrementAndGet(this);
    return session;
  }

  @Override
  public byte[] call(byte[] request) throws MuxException, InterruptedException {
    return sending().call(request);
  }

  @Override
  public byte[] call(byte[] request, Duration timeout) throws MuxException, InterruptedException {
    return sending().call(request, timeout);
  }

  @Override
  public CompletableFuture<byte[]> callAsync(byte[] request) {
    return sending().callAsync(request);
  }

  @Override
  public CompletableFuture<byte[]> callAsync(byte[] request, Duration timeout) {
    return sending().callAsync(request, timeout);
  }

  @Override
  public void send(byte[] message) throws MuxException, InterruptedException {
    sending().send(message);
  }

  @Override
  public void send(byte[] message, Duration timeout) throws MuxException, InterruptedException {
    sending().send(message, timeout);
  }

  @Override
  public Duration ping(Duration timeout) throws MuxException, InterruptedException {
    return session.ping(timeout);
  }

  @Override
  public SocketAddress localAddress() {
    return session.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return session.remoteAddress();
  }

  @Override
  public MuxStats stats() {
    return session.stats();
  }

  @Override
  public boolean isOpen() {
    return session.isOpen();
  }

  @Override
  public CompletableFuture<Void> drain(Duration grace) {
    throw shared("drained");
  }

  @Override
  public void close() {
    throw shared("closed");
  }

  private UnsupportedOperationException shared(String what) {
    return new UnsupportedOperationException(
        "%s belongs to a pool and others use it too: it is %s by the pool"
            .formatted(session, what));
  }

  @Override
  public String toString() {
    return session.toString();
  }
}
