package io.connpool.thrift;

import io.connpool.mux.MuxHandler;
import io.connpool.mux.MuxOptions;
import io.connpool.mux.MuxRequest;
import io.connpool.mux.MuxServer;
import io.connpool.net.Tls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.thrift.TException;
import org.apache.thrift.TProcessor;
import org.apache.thrift.protocol.TProtocol;
import org.jspecify.annotations.Nullable;

/**
 * Serves Thrift over multiplexed connections, for pools that were {@linkplain
 * ThriftPoolBuilder#over built over} a mux: thousands of calls at once over one socket, answered in
 * any order.
 *
 * <pre>{@code
 * try (ThriftMuxServer server =
 *     ThriftMuxServer.of(new Echo.Processor<>(handler)).listen(new InetSocketAddress(9090))) { … }
 * }</pre>
 *
 * <p>Each call runs on a thread of its own and may block: a virtual thread where the JVM has them,
 * else one of up to 256 platform threads; {@link MuxHandler} says more. Calls of one connection
 * overtake each other, one-way calls too: a client that needs an order waits for each answer.
 *
 * <p>A call that nobody waits for any more when its turn comes is not run. One that takes long may
 * ask whether somebody does; see {@link #requestOf}.
 */
public final class ThriftMuxServer implements AutoCloseable {
  private final MuxServer server;

  private ThriftMuxServer(MuxServer server) {
    this.server = server;
  }

  /**
   * Begins to describe a server.
   *
   * @param processor a generated processor, or a {@code TMultiplexedProcessor} for several
   *     services; called by many threads at once
   * @return a builder with the defaults: binary, no TLS, those of {@link MuxOptions}
   */
  public static Builder of(TProcessor processor) {
    return new Builder(processor);
  }

  /** Describes a server. Not thread safe; may start several servers. */
  public static final class Builder {
    private final TProcessor processor;
    private Encoding encoding = Encoding.BINARY;
    private MuxOptions options = MuxOptions.builder().name("thrift-mux").build();
    private @Nullable Tls tls;

    private Builder(TProcessor processor) {
      this.processor = Objects.requireNonNull(processor, "processor");
    }

    /**
     * {@code TBinaryProtocol}, strict. The default.
     *
     * @return this
     */
    public Builder binary() {
      encoding = Encoding.BINARY;
      return this;
    }

    /**
     * {@code TCompactProtocol}.
     *
     * @return this
     */
    public Builder compact() {
      encoding = Encoding.COMPACT;
      return this;
    }

    /**
     * {@code TJSONProtocol}.
     *
     * @return this
     */
    public Builder json() {
      encoding = Encoding.JSON;
      return this;
    }

    /**
     * Limits and habits of the connections.
     *
     * @param value such as how many calls may run at once
     * @return this
     */
    public Builder options(MuxOptions value) {
      options = Objects.requireNonNull(value, "options");
      return this;
    }

    /**
     * Speaks TLS.
     *
     * @param value with the server's identity
     * @return this
     */
    public Builder tls(Tls value) {
      tls = Objects.requireNonNull(value, "tls");
      return this;
    }

    /**
     * Starts the server.
     *
     * @param address where; port 0 lets the system choose, a {@link
     *     java.net.UnixDomainSocketAddress} makes it a Unix socket
     * @return the server, which accepts connections; the caller closes it
     * @throws IOException if it cannot listen there
     * @throws IllegalArgumentException for TLS over a Unix socket
     */
    public ThriftMuxServer listen(SocketAddress address) throws IOException {
      MuxHandler handler = new Handler(processor, encoding);
      if (tls == null) {
        return new ThriftMuxServer(MuxServer.listen(address, options, handler));
      }
      if (address instanceof InetSocketAddress inet) {
        return new ThriftMuxServer(MuxServer.listenTls(inet, options, tls.context(), handler));
      }
      throw new IllegalArgumentException("TLS needs a host and a port, not " + address);
    }
  }

  private record Handler(TProcessor processor, Encoding encoding) implements MuxHandler {
    @Override
    public byte[] onRequest(MuxRequest request) throws TException {
      return processed(request).answer();
    }

    @Override
    public void onOneWay(MuxRequest message) throws TException {
      RequestTransport unused = processed(message); // nobody waits for an answer
    }

    private RequestTransport processed(MuxRequest request) throws TException {
      RequestTransport transport = new RequestTransport(request);
      processor.process(encoding.plain(transport), encoding.plain(transport));
      return transport;
    }
  }

  /**
   * The request that a processor is working on: how long its caller still waits, and whether he has
   * given up. For processors that look before they begin, or give it to their handler:
   *
   * <pre>{@code
   * (in, out) -> {
   *   MuxRequest request = ThriftMuxServer.requestOf(in).orElseThrow();
   *   new Search.Processor<>(new SearchHandler(index, request)).process(in, out);
   * }
   * }</pre>
   *
   * @param in what the processor was given to read from
   * @return empty if that is not from a server of this class
   */
  public static Optional<MuxRequest> requestOf(TProtocol in) {
    return in.getTransport() instanceof RequestTransport transport
        ? Optional.of(transport.request)
        : Optional.empty();
  }

  /**
   * Where it listens.
   *
   * @return the address, with the port that the system chose
   */
  public SocketAddress address() {
    return server.address();
  }

  /**
   * The port it listens at.
   *
   * @return the port
   * @throws IllegalStateException if it listens at a Unix socket
   */
  public int port() {
    return server.port();
  }

  /**
   * How many calls are running.
   *
   * @return those of all connections together, one-way calls included
   */
  public int running() {
    return server.handling();
  }

  /**
   * Stops gracefully: accepts nothing more, answers what it has taken on, and tells clients to make
   * their next calls elsewhere.
   *
   * @param grace how long that may take
   * @return completes when everything has ended
   */
  public CompletableFuture<Void> drain(Duration grace) {
    return server.drain(grace);
  }

  /** Stops at once: calls in flight fail at their callers. Does not wait. */
  @Override
  public void close() {
    server.close();
  }

  @Override
  public String toString() {
    return "Thrift over " + server;
  }
}
