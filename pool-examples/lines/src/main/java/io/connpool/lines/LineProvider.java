package io.connpool.lines;

import io.connpool.Transport;
import io.connpool.spi.TransportProvider;
import io.connpool.spi.TransportUri;
import java.util.Set;

public final class LineProvider implements TransportProvider {
  @Override
  public Set<String> schemes() {
    return Set.of("line");
  }

  @Override
  public <C> Transport<C> create(TransportUri uri, Class<C> type) {
    String user = uri.text("user").orElse("guest");
    LineTransport transport = new LineTransport(uri.endpoint(), user);
    return TransportProvider.offer(transport, LineConnection.class, type);
  }
}
