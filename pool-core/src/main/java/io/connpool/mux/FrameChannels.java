package io.connpool.mux;

import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** The frame channels that come with ConnPool. */
public final class FrameChannels {
  private FrameChannels() {}

  /**
   * A TCP or Unix socket.
   *
   * @param channel connected; belongs to the result from now on and is closed if this fails
   * @return the channel, with TCP_NODELAY
   * @throws IOException if it cannot be set up
   */
  public static FrameChannel socket(SocketChannel channel) throws IOException {
    try {
      setUp(channel);
      return new SocketFrameChannel(channel);
    } catch (Throwable failure) {
      channel.close();
      throw failure;
    }
  }

  private static void setUp(SocketChannel channel) throws IOException {
    if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true); // whole batches are written
    }
  }

  /**
   * Connects to a Unix socket. Waits only while the server's backlog is full.
   *
   * @param path where the server listens
   * @return the channel
   * @throws IOException if nobody listens there
   */
  public static FrameChannel unix(Path path) throws IOException {
    return socket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
  }

  /**
   * Connects by TLS. The certificate must be valid for the endpoint's host.
   *
   * @param endpoint where the server listens
   * @param context trusts and identifies
   * @param limit how long connecting and the handshake may take
   * @return the channel, after its handshake
   * @throws IOException if there is no connection, or the certificate is no good
   */
  public static FrameChannel tls(Endpoint endpoint, SSLContext context, Duration limit)
      throws IOException {
    return tls(endpoint, Tls.of(context), limit);
  }

  /**
   * Connects by TLS.
   *
   * @param endpoint where the server listens
   * @param tls whom to trust, who we are, what is checked
   * @param limit how long connecting and the handshake may take
   * @return the channel, after its handshake
   * @throws IOException if there is no connection, or the certificate is no good
   */
  public static FrameChannel tls(Endpoint endpoint, Tls tls, Duration limit) throws IOException {
    Deadline deadline = Deadline.after(limit);
    SocketChannel channel = Dialer.to(endpoint).connect(deadline);
    return TlsFrameChannel.handshake(channel, tls.engine(endpoint), deadline.remaining());
  }

  /**
   * The server's end of TLS, of a socket that was accepted.
   *
   * @param channel connected; belongs to the result from now on and is closed if this fails
   * @param context identifies
   * @param limit how long the handshake may take
   * @return the channel, after its handshake
   * @throws IOException if the client does not finish its handshake in time
   */
  public static FrameChannel tlsServer(SocketChannel channel, SSLContext context, Duration limit)
      throws IOException {
    setUp(channel);
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    return TlsFrameChannel.handshake(channel, engine, limit);
  }

  /**
   * Two ends of a connection in memory, for tests and for peers in the same process.
   *
   * @return the two
   */
  public static Pair inMemory() {
    MemoryFrameChannel[] ends = MemoryFrameChannel.pair();
    return new Pair(ends[0], ends[1]);
  }

  /**
   * Two connected ends.
   *
   * @param left one
   * @param right the other
   */
  public record Pair(FrameChannel left, FrameChannel right) {}

  /**
   * Makes a frame channel of a message socket that blocks. Two threads wait in it, until it is
   * closed or broken.
   *
   * @param socket connected; belongs to the result from now on
   * @return the channel
   */
  public static FrameChannel blocking(MessageSocket socket) {
    return new BlockingFrameChannel(socket);
  }
}
