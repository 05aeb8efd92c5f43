package io.connpool.thrift;

import io.connpool.Transport;
import io.connpool.spi.TransportProvider;
import io.connpool.spi.TransportUri;
import java.util.Set;

/**
 * Makes transports from {@code thrift://}, {@code thrift+tls://} and {@code thrift+unix://} URIs,
 * whose connections are clients of a generated interface:
 *
 * <pre>{@code
 * ConnPool<Echo.Iface> pool =
 *     ConnPool.open(URI.create("thrift://orders:9090?protocol=compact"), Echo.Iface.class);
 * }</pre>
 *
 * <p>{@link ThriftPool#builder(java.net.URI, Class)} lists their options.
 */
public final class ThriftProvider implements TransportProvider {

  /** For the service loader. */
  public ThriftProvider() {}

  @Override
  public Set<String> schemes() {
    return ThriftUri.SCHEMES;
  }

  @Override
  public <C> Transport<C> create(TransportUri uri, Class<C> type) {
    return ThriftUri.read(uri, type).clientTransport();
  }
}
