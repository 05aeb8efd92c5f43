package io.connpool.mux;

import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One end of a multiplexed connection: thousands of requests at once over one socket. Any number of
 * threads, platform or virtual, may use it at once; nothing one of them does, an interrupt
 * included, touches the calls of another.
 *
 * <p><b>Failures.</b> Everything that fails is a {@link MuxException} that says whether the peer
 * may have seen the request. A call that fails by timeout, interrupt or cancellation gives its
 * place back at once; an answer that comes later reaches {@link MuxHandler#onOrphan} and nobody
 * else.
 *
 * <p><b>Arrays.</b> Those passed to {@code call} and {@code callAsync} must not change until the
 * call has returned or the future has completed; those of {@code send} are copied. Answers belong
 * to the caller.
 *
 * <p><b>Limits.</b> At most {@link MuxOptions#maxInFlight} requests, and no more than the peer
 * announced, are in flight, and {@link MuxOptions#maxPendingBytes} are queued. What finds no place
 * waits within its own timeout, first come first served, or fails, as the options say.
 */
public interface MuxConnection extends AutoCloseable {

  /**
   * Connects with default options and answers no requests.
   *
   * @param endpoint where the peer listens
   * @return a connection whose peer has said HELLO; the caller closes it
   * @throws IOException if there is none within 3 seconds, or the peer speaks something else
   * @throws InterruptedException if the thread is interrupted first
   */
  static MuxConnection connect(Endpoint endpoint) throws IOException, InterruptedException {
    return connect(endpoint, MuxOptions.defaults(), null);
  }

  /**
   * Connects. Waits until the peer has said HELLO, for {@link MuxOptions#handshakeTimeout} at most;
   * only resolving a name can take longer.
   *
   * @param endpoint where the peer listens
   * @param options limits and habits
   * @param handler answers the peer; null if this end only asks
   * @return the connection; the caller closes it
   * @throws IOException if there is none in time, or the peer speaks something else
   * @throws InterruptedException if the thread is interrupted first
   */
  static MuxConnection connect(Endpoint endpoint, MuxOptions options, @Nullable MuxHandler handler)
      throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(options.handshakeTimeout());
    SocketChannel channel = Dialer.to(endpoint).connect(deadline);
    return over(FrameChannels.socket(channel), options, handler);
  }

  /**
   * Makes a connection of a channel, at either end of it: both ends are alike. Waits for the peer's
   * HELLO, for {@link MuxOptions#handshakeTimeout} at most.
   *
   * @param channel connected and unused; belongs to the connection from now on, even if this fails
   * @param options limits and habits
   * @param handler answers the peer; null if this end only asks
   * @return the connection; the caller closes it
   * @throws IOException if the peer says nothing in time, or something else
   * @throws InterruptedException if the thread is interrupted first
   */
  static MuxConnection over(FrameChannel channel, MuxOptions options, @Nullable MuxHandler handler)
      throws IOException, InterruptedException {
    return Session.open(channel, options, handler);
  }

  /**
   * Asks and waits for the answer, as long as {@link MuxOptions#timeout} says.
   *
   * @param request what to ask
   * @return the answer
   * @throws MuxException if there is none
   * @throws InterruptedException if the thread is interrupted first; the peer is told that nobody
   *     waits any more
   */
  byte[] call(byte[] request) throws MuxException, InterruptedException;

  /**
   * Asks and waits for the answer.
   *
   * @param request what to ask
   * @param timeout how long to wait in all, to within 20 ms; positive
   * @return the answer
   * @throws MuxException if there is none
   * @throws InterruptedException if the thread is interrupted first
   */
  byte[] call(byte[] request, Duration timeout) throws MuxException, InterruptedException;

  /**
   * Asks with what remains in a buffer, which is copied.
   *
   * @param request its position moves to its limit
   * @return the answer
   * @throws MuxException if there is none
   * @throws InterruptedException if the thread is interrupted first
   */
  default byte[] call(ByteBuffer request) throws MuxException, InterruptedException {
    return call(bytesOf(request));
  }

  /**
   * Asks with what remains in a buffer, which is copied.
   *
   * @param request its position moves to its limit
   * @param timeout how long to wait in all; positive
   * @return the answer
   * @throws MuxException if there is none
   * @throws InterruptedException if the thread is interrupted first
   */
  default byte[] call(ByteBuffer request, Duration timeout)
      throws MuxException, InterruptedException {
    return call(bytesOf(request), timeout);
  }

  /**
   * Asks without waiting, not even for a place. The future completes on a worker thread, so what
   * depends on it may block; with {@link MuxOptions#inlineCallbacks} on the I/O thread.
   *
   * @param request what to ask
   * @return the answer to come, or the {@link MuxException}; cancelling it cancels the call
   */
  CompletableFuture<byte[]> callAsync(byte[] request);

  /**
   * As {@link #callAsync(byte[])}, with a timeout of its own.
   *
   * @param request what to ask
   * @param timeout how long to wait in all; positive
   * @return the answer to come
   */
  CompletableFuture<byte[]> callAsync(byte[] request, Duration timeout);

  /**
   * Sends a message that is not answered. Returns when it is queued; waits for room among the bytes
   * pending, as long as {@link MuxOptions#timeout} says, but takes no place among the requests.
   *
   * @param message what to send; copied
   * @throws MuxException if it was not queued; its delivery is {@code NOT_SENT}
   * @throws InterruptedException if the thread is interrupted first
   */
  void send(byte[] message) throws MuxException, InterruptedException;

  /**
   * As {@link #send(byte[])}, with a timeout of its own.
   *
   * @param message what to send; copied
   * @param timeout how long to wait for room; positive
   * @throws MuxException if it was not queued; its delivery is {@code NOT_SENT}
   * @throws InterruptedException if the thread is interrupted first
   */
  void send(byte[] message, Duration timeout) throws MuxException, InterruptedException;

  /**
   * Asks the peer for a sign of life.
   *
   * @param timeout how long to wait; positive
   * @return how long it took
   * @throws MuxException if none came in time
   * @throws InterruptedException if the thread is interrupted first
   */
  Duration ping(Duration timeout) throws MuxException, InterruptedException;

  /**
   * This end's address.
   *
   * @return the address, as the channel says
   */
  SocketAddress localAddress();

  /**
   * The peer's address.
   *
   * @return the address, as the channel says
   */
  SocketAddress remoteAddress();

  /**
   * The figures of this moment.
   *
   * @return a snapshot
   */
  MuxStats stats();

  /**
   * Whether a call may be begun: neither end has closed or drained the connection.
   *
   * @return false from the moment on from which calls fail
   */
  boolean isOpen();

  /**
   * Ends the connection without failing anything: takes on no new calls, tells the peer to do the
   * same, lets everything that has begun come to its end, and closes.
   *
   * @param grace how long that may take; what is left then fails as by {@link #close()}
   * @return completes, normally, when the connection has ended
   */
  CompletableFuture<Void> drain(Duration grace);

  /**
   * Ends the connection at once. Calls in flight fail. Does not wait; closing again does nothing.
   */
  @Override
  void close();

  private static byte[] bytesOf(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
