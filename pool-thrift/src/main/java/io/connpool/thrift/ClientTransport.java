package io.connpool.thrift;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import java.time.Duration;

/**
 * Thrift connections that look like the client of one service, for a pool that is described by a
 * URI and lends clients. Everything else is {@link ThriftTransport}'s.
 */
final class ClientTransport<I> implements Transport<I> {
  private final ThriftTransport connections;
  private final Service<I> service;
  private final Duration callTimeout;

  ClientTransport(ThriftTransport connections, Service<I> service, Duration callTimeout) {
    this.connections = connections;
    this.service = service;
    this.callTimeout = callTimeout;
  }

  @Override
  public I dial(DialContext context) throws Exception {
    ThriftConnection connection = connections.dial(context);
    return service.proxy(
        service + " client of one connection",
        new OneConnection(() -> connection, service, callTimeout));
  }

  private static ThriftConnection connectionOf(Object client) {
    return (ThriftConnection) ((OneConnection) Service.behind(client)).conversation();
  }

  @Override
  public void heartbeat(I client, Duration limit) throws Exception {
    connections.heartbeat(connectionOf(client), limit);
  }

  @Override
  public void close(I client, CloseReason reason) throws Exception {
    connections.close(connectionOf(client), reason);
  }

  @Override
  public Health probe(I client) {
    return connections.probe(connectionOf(client));
  }

  @Override
  public Health onRelease(I client) {
    return connections.onRelease(connectionOf(client));
  }

  @Override
  public Verdict classify(I client, Throwable failure) {
    return connections.classify(connectionOf(client), failure);
  }
}
