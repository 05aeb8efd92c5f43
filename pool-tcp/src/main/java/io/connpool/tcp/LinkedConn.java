package io.connpool.tcp;

import io.connpool.Health;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/** The part of {@link TcpConn} that tells what is known about the connection, and ends it. */
abstract class LinkedConn implements Closeable {
  final Link link;
  final Framing framing;
  final Duration timeout;

  LinkedConn(Link link, Framing framing, Duration timeout) {
    this.link = link;
    this.framing = framing;
    this.timeout = timeout;
  }

  Link link() {
    return link;
  }

  /**
   * What is known since the present lease began.
   *
   * @return never null
   */
  public TcpConn.State state() {
    return link.state();
  }

  /**
   * Whether it could be lent again as it is: nothing failed, nothing is owed, nothing is unread.
   *
   * @return what the pool will see when it is released
   */
  public boolean isPristine() {
    return link.atRest() == Health.CLEAN;
  }

  /**
   * How many answers were asked for and not read yet.
   *
   * @return 0 or more
   */
  public int answersOwed() {
    return link.inbox().answersOwed();
  }

  /**
   * Bytes written since it was dialed.
   *
   * @return 0 or more
   */
  public long bytesWritten() {
    return link.wire().bytesWritten();
  }

  /**
   * Bytes read since it was dialed.
   *
   * @return 0 or more
   */
  public long bytesRead() {
    return link.wire().bytesRead();
  }

  /**
   * How often it was dialed again because it was stale.
   *
   * @return 0 or more
   */
  public int redials() {
    return link.redials();
  }

  /**
   * This side's address.
   *
   * @return the address
   */
  public SocketAddress localAddress() {
    return link.wire().localAddress();
  }

  /**
   * The peer's address.
   *
   * @return the address
   */
  public SocketAddress remoteAddress() {
    return link.wire().remoteAddress();
  }

  /**
   * What TLS has negotiated.
   *
   * @return empty without TLS
   */
  public Optional<SSLSession> tlsSession() {
    return link.wire().tlsSession();
  }

  /**
   * What ALPN has agreed on.
   *
   * @return empty without TLS, or if the peer chose nothing
   */
  public Optional<String> applicationProtocol() {
    return link.wire().applicationProtocol();
  }

  /**
   * Closes it in order. A holder of a lease may do that; the pool then replaces it.
   *
   * @throws IOException if the socket cannot be closed
   */
  @Override
  public void close() throws IOException {
    link.close();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "TcpConn[" + link.wire() + ", " + state() + "]";
  }
}
