package io.connpool.spi;

import io.connpool.Transport;
import java.util.Set;

/**
 * Makes transports from URIs. Found by {@link java.util.ServiceLoader}: on the module path through
 * {@code provides io.connpool.spi.TransportProvider with ...}, on the class path through a file
 * {@code META-INF/services/io.connpool.spi.TransportProvider}. Needs a public constructor without
 * parameters.
 *
 * <p>Providers are instantiated whenever a pool is described by a URI, so making one should cost
 * nothing. One that cannot be instantiated, whatever it throws, harms only those who ask for its
 * schemes.
 */
public interface TransportProvider {

  /**
   * The schemes of the URIs that this provider understands.
   *
   * @return at least one, lower case; one that another provider has too can be used with neither
   */
  Set<String> schemes();

  /**
   * Makes a transport. Must ask the URI for all that it means here, before it returns: what was not
   * asked for is taken for a mistake of the user's. Should not open anything.
   *
   * @param uri what to connect to, and how
   * @param type what the user expects the connections to be; see {@link #offer}
   * @param <C> the type of the connections
   * @return a transport for one pool, never null
   * @throws IllegalArgumentException if the URI makes no sense, or the connections are not of this
   *     type
   */
  <C> Transport<C> create(TransportUri uri, Class<C> type);

  /**
   * The transport, if its connections are of the type asked for.
   *
   * <pre>{@code
   * return TransportProvider.offer(transport, SocketChannel.class, type);
   * }</pre>
   *
   * @param transport what the provider can make
   * @param made the type of its connections
   * @param wanted the type the user asked for: the same, or one above it
   * @param <C> the type the user asked for
   * @param <D> the type of the transport's connections
   * @return the transport
   * @throws IllegalArgumentException if the connections are of another type
   */
  static <C, D> Transport<C> offer(Transport<D> transport, Class<D> made, Class<C> wanted) {
    if (!wanted.isAssignableFrom(made)) {
      throw new IllegalArgumentException(
          "connections are of " + made.getName() + ", not of " + wanted.getName());
    }
    @SuppressWarnings("unchecked") // it is given its own connections only, and each is a C
    Transport<C> offered = (Transport<C>) transport;
    return offered;
  }
}
