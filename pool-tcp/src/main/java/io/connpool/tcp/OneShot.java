package io.connpool.tcp;

import io.connpool.net.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * One connection for one thing: dial, do it, close. For what is done so rarely that a pool would
 * only keep a connection for nothing.
 *
 * <pre>{@code
 * ByteBuffer answer = OneShot.exchange(TcpPool.to(endpoint).framing(lines()), request, ofSeconds(1));
 * }</pre>
 */
public final class OneShot {
  private OneShot() {}

  /**
   * Sends a message and reads its answer.
   *
   * @param where the settings of the connection; those of the pool do not matter
   * @param request the message; not changed
   * @param limit for dial, write and read, more than zero
   * @return the answer
   * @throws IllegalArgumentException if the framing cannot carry it; nothing was dialed
   * @throws IOException if it failed
   */
  public static ByteBuffer exchange(TcpPoolBuilder where, ByteBuffer request, Duration limit)
      throws IOException {
    Deadline deadline = Deadline.after(Limits.positive(limit));
    TcpTransport transport = where.transport();
    ByteBuffer[] frame = transport.frame(request);
    try (TcpConn conn = transport.open(deadline)) {
      return conn.exchangeFrame(frame, deadline, false);
    }
  }

  /**
   * Sends a message.
   *
   * @param where the settings of the connection; those of the pool do not matter
   * @param message not changed
   * @param limit for dial and write, more than zero
   * @throws IllegalArgumentException if the framing cannot carry it; nothing was dialed
   * @throws IOException if it failed
   */
  public static void send(TcpPoolBuilder where, ByteBuffer message, Duration limit)
      throws IOException {
    Deadline deadline = Deadline.after(Limits.positive(limit));
    TcpTransport transport = where.transport();
    ByteBuffer[] frame = transport.frame(message);
    try (TcpConn conn = transport.open(deadline)) {
      conn.oneWayFrame(frame, deadline);
    }
  }
}
