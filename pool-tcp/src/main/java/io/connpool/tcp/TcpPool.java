package io.connpool.tcp;

import io.connpool.ConnPool;
import io.connpool.net.Deadline;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A pool of {@link TcpConn}s. Thread safe.
 *
 * <p>{@link #exchange} is all that a protocol of questions and answers needs. What needs a
 * connection for several steps uses {@link #pool()}:
 *
 * <pre>{@code
 * String greeting = pool.pool().call(conn -> conn.sendRecvLine(hello));
 * }</pre>
 */
public final class TcpPool implements AutoCloseable {
  private final ConnPool<TcpConn> pool;
  private final TcpTransport transport;
  private final Framing framing;
  private final Duration timeout;
  private volatile Runnable onClose = () -> {};

  TcpPool(ConnPool<TcpConn> pool, TcpTransport transport, Framing framing, Duration timeout) {
    this.pool = pool;
    this.transport = transport;
    this.framing = framing;
    this.timeout = timeout;
  }

  /**
   * Begins to describe a pool by a URI: {@code tcp://host:port}, {@code tls://host:port} or {@code
   * unix:///path}. Its options are those of the pool ({@code maxActive=20}) and of the connections:
   *
   * <pre>
   * framing=length|lines|fixed|raw|delimiter   timeout=1s             keepAlive=60s,15s,4
   * header=1..4  order=big|little              probeAfter=1ms         bindTo=10.0.0.1
   * inclusive=true  adjustment=2  magic=cafe   dnsRefresh=30s         drain=64k,20ms
   * max=64k  size=16  delimiter=END            retries=2,100ms
   * checksum=crc32|crc32c
   * tls: ca=ca.pem  cert=me.pem  key=me.key  serverName=db.example  verifyHostname=false
   *      alpn=a,b  versions=TLSv1.3,TLSv1.2
   * </pre>
   *
   * @param uri what to connect to, and how
   * @return a builder that may be refined
   * @throws IllegalArgumentException if the URI has another scheme, a value that makes no sense, or
   *     an option that does not exist; with the value
   */
  public static TcpPoolBuilder of(String uri) {
    return TcpUri.poolOf(uri);
  }

  /**
   * Begins to describe a pool of connections by TCP, or by TLS if {@link TcpPoolBuilder#tls} is
   * called.
   *
   * @param endpoint where to
   * @return a builder with the documented defaults
   */
  public static TcpPoolBuilder to(Endpoint endpoint) {
    return new TcpPoolBuilder(endpoint, null);
  }

  /**
   * Begins to describe a pool of connections to a unix socket.
   *
   * @param file the socket's file
   * @return a builder with the documented defaults
   */
  public static TcpPoolBuilder toUnix(Path file) {
    return new TcpPoolBuilder(null, file);
  }

  /**
   * Sends a message and reads its answer, as {@link TcpConn#exchange(ByteBuffer)} does. The limit
   * is for all of it: waiting for a connection, dialing, writing, reading.
   *
   * @param request the message; not changed
   * @return the answer
   * @throws IllegalArgumentException if the framing cannot carry it; nothing was done
   * @throws io.connpool.PoolException if there was no connection in time
   * @throws IOException if it failed; the connection is closed
   * @throws InterruptedException if the thread was interrupted while it waited for a connection
   */
  public ByteBuffer exchange(ByteBuffer request) throws IOException, InterruptedException {
    return exchange(request, timeout);
  }

  /**
   * As {@link #exchange(ByteBuffer)}.
   *
   * @param request the message; not changed
   * @param limit more than zero
   * @return the answer
   * @throws IOException as for {@link #exchange(ByteBuffer)}
   * @throws InterruptedException as for {@link #exchange(ByteBuffer)}
   */
  public ByteBuffer exchange(ByteBuffer request, Duration limit)
      throws IOException, InterruptedException {
    return exchanged(request, limit, false);
  }

  /**
   * As {@link #exchange(ByteBuffer)}, for a message that does no harm when it is executed twice;
   * see {@link TcpConn#exchangeIdempotent(ByteBuffer)}.
   *
   * @param request the message; not changed
   * @return the answer
   * @throws IOException as for {@link #exchange(ByteBuffer)}
   * @throws InterruptedException as for {@link #exchange(ByteBuffer)}
   */
  public ByteBuffer exchangeIdempotent(ByteBuffer request)
      throws IOException, InterruptedException {
    return exchangeIdempotent(request, timeout);
  }

  /**
   * As {@link #exchangeIdempotent(ByteBuffer)}.
   *
   * @param request the message; not changed
   * @param limit more than zero
   * @return the answer
   * @throws IOException as for {@link #exchange(ByteBuffer)}
   * @throws InterruptedException as for {@link #exchange(ByteBuffer)}
   */
  public ByteBuffer exchangeIdempotent(ByteBuffer request, Duration limit)
      throws IOException, InterruptedException {
    return exchanged(request, limit, true);
  }

  private ByteBuffer exchanged(ByteBuffer request, Duration limit, boolean idempotent)
      throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(Limits.positive(limit));
    ByteBuffer[] frame = framing.frame(request);
    return pool.call(limit, conn -> conn.exchangeFrame(frame, deadline, idempotent));
  }

  /**
   * Sends a message to which no answer will come.
   *
   * @param message not changed
   * @throws IOException as for {@link #exchange(ByteBuffer)}
   * @throws InterruptedException as for {@link #exchange(ByteBuffer)}
   */
  public void oneWay(ByteBuffer message) throws IOException, InterruptedException {
    oneWay(message, timeout);
  }

  /**
   * As {@link #oneWay(ByteBuffer)}.
   *
   * @param message not changed
   * @param limit more than zero
   * @throws IOException as for {@link #exchange(ByteBuffer)}
   * @throws InterruptedException as for {@link #exchange(ByteBuffer)}
   */
  public void oneWay(ByteBuffer message, Duration limit) throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(Limits.positive(limit));
    ByteBuffer[] frame = framing.frame(message);
    pool.run(limit, conn -> conn.oneWayFrame(frame, deadline));
  }

  /**
   * The pool, for leases and for its figures.
   *
   * @return the pool; closed with this
   */
  public ConnPool<TcpConn> pool() {
    return pool;
  }

  /**
   * What a server had to say on an idle connection, such as why it is about to close it. Nobody but
   * the log and this ever sees it.
   *
   * @return the latest, at most 256 characters of ISO 8859-1; empty if there was none
   */
  public Optional<String> lastWords() {
    return transport.lastWords();
  }

  /** What is to happen first when this is closed. */
  void onClose(Runnable task) {
    onClose = task;
  }

  /** Closes the pool, see {@link ConnPool#close()}. */
  @Override
  public void close() {
    onClose.run();
    pool.close();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "TcpPool[" + pool + "]";
  }
}
