package io.connpool.thrift;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.spi.PoolOptions;
import io.connpool.spi.TlsOptions;
import io.connpool.spi.TransportUri;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;

/** Reads what {@link ThriftPool#builder(URI, Class)} documents. */
final class ThriftUri {
  static final Set<String> SCHEMES = Set.of("thrift", "thrift+tls", "thrift+unix");

  private enum Framing {
    FRAMED,
    BUFFERED
  }

  private enum Heartbeat {
    SOCKET,
    UNKNOWN_METHOD
  }

  private ThriftUri() {}

  static <I> ThriftPoolBuilder<I> builder(URI text, Class<I> type) {
    TransportUri uri = TransportUri.of(text);
    if (!SCHEMES.contains(uri.scheme())) {
      throw new IllegalArgumentException(
          "the scheme must be thrift, thrift+tls or thrift+unix, but is %s in %s"
              .formatted(uri.scheme(), uri));
    }
    ThriftPoolBuilder<I> builder = read(uri, type);
    // A mistake shows now and not when the pool is built.
    PoolBuilder<I> unused = PoolOptions.apply(uri, ConnPool.builder(builder.clientTransport()));
    uri.rejectLeftovers();
    return builder.pool(pool -> PoolOptions.apply(uri, pool));
  }

  static <I> ThriftPoolBuilder<I> read(TransportUri uri, Class<I> type) {
    ThriftPoolBuilder<I> builder = new ThriftPoolBuilder<>(type);
    if (uri.scheme().equals("thrift+unix")) {
      builder.unix(Path.of(uri.path()));
    } else {
      builder.endpoint(uri.endpoint());
    }
    uri.choice("framing", Framing.class)
        .ifPresent(
            framing -> {
              switch (framing) {
                case FRAMED -> builder.framed();
                case BUFFERED -> builder.buffered();
              }
            });
    uri.choice("protocol", Encoding.class).ifPresent(builder::encoding);
    uri.text("service").ifPresent(builder::service);
    uri.bytes("maxMessageSize")
        .ifPresent(bytes -> builder.maxMessageSize((int) Math.min(bytes, Integer.MAX_VALUE)));
    uri.duration("callTimeout").ifPresent(builder::callTimeout);
    uri.duration("probeAfter").ifPresent(builder::probeAfter);
    uri.choice("heartbeat", Heartbeat.class)
        .filter(kind -> kind == Heartbeat.UNKNOWN_METHOD)
        .ifPresent(kind -> builder.heartbeatByUnknownMethod());
    if (uri.scheme().equals("thrift+tls")) {
      builder.tls(TlsOptions.read(uri));
    }
    return builder;
  }
}
