package io.connpool.net;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Turns a name into addresses, anew at every dial. */
@FunctionalInterface
public interface Resolver {

  /** Asks the machine, as {@link Endpoint#resolve()} does. */
  Resolver SYSTEM = Endpoint::resolve;

  /**
   * Asks. May block; whoever calls limits it from outside.
   *
   * @param endpoint a host, by name or by address, and a port
   * @return resolved addresses in the order to try them; at least one
   * @throws UnknownHostException if there are none
   */
  List<InetSocketAddress> resolve(Endpoint endpoint) throws UnknownHostException;
}
