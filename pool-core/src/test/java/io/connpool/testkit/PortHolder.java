package io.connpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;

/**
 * Keeps a loopback port while nobody listens on it: connecting to it is refused, and neither
 * another test nor the kernel, looking for the local port of a client, can take it.
 */
public final class PortHolder implements AutoCloseable {

  private final SocketChannel boundOnly;

  private PortHolder(SocketChannel boundOnly) {
    this.boundOnly = boundOnly;
  }

  /**
   * Takes a port on which nobody listens any more.
   *
   * @throws IOException if somebody has it
   */
  public static PortHolder hold(int port) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      // The connections of the server that listened here may still be open or in TIME_WAIT.
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return new PortHolder(channel);
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  /** Sets the port free. */
  @Override
  public void close() {
    try {
      boundOnly.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
