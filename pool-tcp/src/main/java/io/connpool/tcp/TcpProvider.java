package io.connpool.tcp;

import io.connpool.Transport;
import io.connpool.spi.TransportProvider;
import io.connpool.spi.TransportUri;
import java.util.Set;

/**
 * Makes transports of {@link TcpConn}s from {@code tcp://}, {@code tls://} and {@code unix://}
 * URIs; {@link TcpPool#of} lists their options.
 */
public final class TcpProvider implements TransportProvider {

  /** For the service loader. */
  public TcpProvider() {}

  @Override
  public Set<String> schemes() {
    return TcpUri.SCHEMES;
  }

  @Override
  public <C> Transport<C> create(TransportUri uri, Class<C> type) {
    return TransportProvider.offer(TcpUri.read(uri).transport(), TcpConn.class, type);
  }
}
