package io.connpool.thrift;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.net.Tls;
import io.connpool.spi.PoolOptions;
import io.connpool.spi.TransportUri;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
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
      builder.tls(tls(uri));
    }
    return builder;
  }

  private static Tls tls(TransportUri uri) {
    Tls tls = Tls.system();
    Optional<String> authorities = uri.text("ca");
    if (authorities.isPresent()) {
      tls = tls.trust(Path.of(authorities.get()));
    }
    Optional<String> certificate = uri.text("cert");
    Optional<String> key = uri.text("key");
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("cert and key must be given together in " + uri);
    }
    if (certificate.isPresent() && key.isPresent()) {
      tls = tls.identity(Path.of(certificate.get()), Path.of(key.get()));
    }
    tls = uri.text("serverName").map(tls::serverName).orElse(tls);
    return uri.flag("verifyHostname").map(tls::verifyHostname).orElse(tls);
  }
}
