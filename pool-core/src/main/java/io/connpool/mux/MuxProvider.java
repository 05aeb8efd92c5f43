package io.connpool.mux;

import io.connpool.Transport;
import io.connpool.mux.MuxOptions.WhenFull;
import io.connpool.spi.TlsOptions;
import io.connpool.spi.TransportProvider;
import io.connpool.spi.TransportUri;
import java.nio.file.Path;
import java.util.Set;

/**
 * Makes transports of {@link MuxConnection}s from {@code mux://host:port}, {@code
 * mux+tls://host:port} and {@code mux+unix:///path} URIs. Their options are those of {@link
 * MuxOptions} that make sense for an end which only asks, and {@link MuxTransport#growAt}:
 *
 * <pre>
 * timeout=5s            maxInFlight=10240    pingAfter=15s          growAt=5120
 * handshakeTimeout=3s   maxPendingBytes=4m   pingTimeout=5s         inlineCallbacks=false
 * whenFull=wait|fail    maxMessage=16m       writeStallTimeout=10s  frameTimeout=30s
 * </pre>
 *
 * With TLS, those of {@link TlsOptions} too.
 */
public final class MuxProvider implements TransportProvider {

  /** For the service loader. */
  public MuxProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("mux", "mux+tls", "mux+unix");
  }

  @Override
  public <C> Transport<C> create(TransportUri uri, Class<C> type) {
    MuxTransport transport = to(uri).options(options(uri));
    transport = uri.integer("growAt").map(transport::growAt).orElse(transport);
    return TransportProvider.offer(transport, MuxConnection.class, type);
  }

  private static MuxTransport to(TransportUri uri) {
    return switch (uri.scheme()) {
      case "mux" -> MuxTransport.to(uri.endpoint());
      case "mux+tls" -> MuxTransport.toTls(uri.endpoint(), TlsOptions.read(uri));
      default -> MuxTransport.toUnix(Path.of(uri.path()));
    };
  }

  private static MuxOptions options(TransportUri uri) {
    MuxOptions.Builder options = MuxOptions.builder();
    uri.duration("timeout").ifPresent(options::timeout);
    uri.duration("handshakeTimeout").ifPresent(options::handshakeTimeout);
    uri.integer("maxInFlight").ifPresent(options::maxInFlight);
    uri.bytes("maxPendingBytes").ifPresent(options::maxPendingBytes);
    uri.choice("whenFull", WhenFull.class).ifPresent(options::whenFull);
    uri.bytes("maxMessage")
        .ifPresent(bytes -> options.maxMessage((int) Math.min(bytes, Integer.MAX_VALUE)));
    uri.duration("pingAfter").ifPresent(options::pingAfter);
    uri.duration("pingTimeout").ifPresent(options::pingTimeout);
    uri.duration("writeStallTimeout").ifPresent(options::writeStallTimeout);
    uri.duration("frameTimeout").ifPresent(options::frameTimeout);
    uri.flag("inlineCallbacks").ifPresent(options::inlineCallbacks);
    return options.build();
  }
}
