package io.connpool.net;

import io.connpool.Health;
import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/**
 * A connected stream of bytes to one peer, whatever carries it: TCP, a unix socket, TLS over
 * either, or a socket somebody else has opened. Reads and writes block the calling thread, platform
 * or virtual, until a {@link Fuse} cuts them off.
 *
 * <p><b>Ownership.</b> One thread reads and one writes, which may be the same; {@link #glance} and
 * {@link #probe} belong to whoever has the wire for itself. Closing, from any thread, ends what
 * blocks.
 *
 * <p><b>Interrupts.</b> A thread that is interrupted while it reads or writes, or was before,
 * closes the wire and gets a {@link java.nio.channels.ClosedByInterruptException} with its flag
 * set: what it had begun can neither be finished nor taken back. Looks and closes do not notice
 * interrupts.
 *
 * <p><b>Failures.</b> A wire that a fuse has cut throws {@link java.net.SocketTimeoutException};
 * any {@link IOException} means that the wire is of no use any more.
 */
public sealed interface Wire extends Closeable permits ChannelWire, SocketWire, TlsWire {

  /**
   * Bytes over a channel.
   *
   * @param channel connected and blocking, TCP or unix; belongs to the wire from now on
   * @return the wire
   * @throws IllegalArgumentException if it is not connected or not blocking
   */
  static Wire over(SocketChannel channel) {
    return ChannelWire.over(channel);
  }

  /**
   * Bytes over a socket that somebody else has opened, such as one of another library. Reads and
   * writes go through its streams. If there is no channel under it, {@link #probe} sees bytes that
   * nobody asked for, but not that the peer has closed; only a heartbeat or a failing request does.
   *
   * @param socket connected; belongs to the wire from now on
   * @return the wire
   * @throws IllegalArgumentException if it is not connected
   * @throws IOException if it gives no streams
   */
  static Wire over(Socket socket) throws IOException {
    SocketChannel channel = socket.getChannel();
    return channel == null ? SocketWire.over(socket) : over(channel);
  }

  /**
   * Reads what is there, waiting for the first byte.
   *
   * @param into has room
   * @return how many bytes, at least 1, or -1 if the peer has finished
   * @throws IOException if the wire is broken, closed or cut
   */
  int read(ByteBuffer into) throws IOException;

  /**
   * Reads what is there, without waiting.
   *
   * @param into has room
   * @return how many bytes, 0 if none, -1 if the peer has finished
   * @throws IOException if the wire is broken, closed or cut
   */
  int readNow(ByteBuffer into) throws IOException;

  /**
   * Writes everything, in one system call if the peer can take it. Blocks until the kernel has it
   * all, which says nothing about the peer.
   *
   * @param from what to write, in this order; empty afterwards
   * @throws IOException if the wire is broken, closed or cut; {@link #bytesWritten()} then tells
   *     whether anything left
   */
  void write(ByteBuffer... from) throws IOException;

  /**
   * The cheapest look at a wire that should be silent, for one that was in use a moment ago: a
   * quarter of a microsecond on TCP. Sees bytes that nobody asked for; may overlook that the peer
   * has closed.
   *
   * @return {@link Health#CLEAN}, {@link Health#DIRTY}, or {@link Health#STALE} where it is seen
   */
  Health glance();

  /**
   * Looks at a wire that should be silent: is it open, is nothing waiting in it? No traffic, no
   * waiting.
   *
   * @param lastWords has room; takes bytes that nobody asked for
   * @return {@link Health#CLEAN}; {@link Health#STALE} if either side has closed it; {@link
   *     Health#DIRTY} if bytes were waiting, some of which are consumed now
   */
  Health probe(ByteBuffer lastWords);

  /**
   * A fuse that cuts this wire. It lives as long as the wire.
   *
   * @return a new fuse, disarmed
   */
  Fuse newFuse();

  /**
   * How many bytes came out of {@link #read} and {@link #readNow} so far.
   *
   * @return 0 or more
   */
  long bytesRead();

  /**
   * How many bytes were handed to the kernel so far; under TLS, how many whose ciphertext was.
   *
   * @return 0 or more
   */
  long bytesWritten();

  /**
   * Whether neither a close nor a fuse has ended it. What the peer did is not known.
   *
   * @return false once it is closed
   */
  boolean isOpen();

  /**
   * This side's address.
   *
   * @return the address; for a unix socket usually without a path
   */
  SocketAddress localAddress();

  /**
   * The peer's address.
   *
   * @return the address
   */
  SocketAddress remoteAddress();

  /**
   * What TLS has negotiated.
   *
   * @return empty without TLS
   */
  Optional<SSLSession> tlsSession();

  /**
   * What ALPN has agreed on.
   *
   * @return empty without TLS, or if the peer chose nothing
   */
  Optional<String> applicationProtocol();

  /**
   * Closes in order: what was written still reaches the peer. Under TLS it is told first, as far as
   * that takes no waiting worth mentioning. Again, nothing happens.
   *
   * @throws IOException if the socket cannot be closed
   */
  @Override
  void close() throws IOException;

  /**
   * Closes with a reset: the peer learns at once, bytes on their way are lost, and the port is not
   * kept from use. For a wire whose state is in doubt.
   *
   * @throws IOException if the socket cannot be closed
   */
  void abort() throws IOException;
}
