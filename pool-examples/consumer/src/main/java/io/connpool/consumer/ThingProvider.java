package io.connpool.consumer;

import io.connpool.Transport;
import io.connpool.spi.TransportProvider;
import io.connpool.spi.TransportUri;
import java.util.Set;

/** Makes things; found by {@code provides} in this module's declaration. */
public final class ThingProvider implements TransportProvider {
  @Override
  public Set<String> schemes() {
    return Set.of("thing");
  }

  @Override
  public <C> Transport<C> create(TransportUri uri, Class<C> type) {
    String colour = uri.text("colour").orElse("grey");
    return TransportProvider.offer(context -> new Thing(colour), Thing.class, type);
  }
}
