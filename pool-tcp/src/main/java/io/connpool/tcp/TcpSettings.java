package io.connpool.tcp;

import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.DnsWatch;
import io.connpool.net.Endpoint;
import io.connpool.net.Resolver;
import io.connpool.net.Tls;
import io.connpool.net.Wire;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How connections are opened and treated, as the builder collected it. */
record TcpSettings(
    Dialer dialer,
    @Nullable Endpoint endpoint,
    Resolver resolver,
    @Nullable Tls tls,
    Framing framing,
    Duration timeout,
    long probeAfterNanos,
    Duration dnsRefresh,
    IoRetry retry,
    @Nullable Drain drain,
    TcpPoolBuilder.@Nullable Greeting greeting) {

  Wire open(Deadline deadline) throws IOException {
    Wire plain = Wire.over(dialer.connect(deadline));
    return tls == null || endpoint == null ? plain : tls.handshake(plain, endpoint, deadline);
  }

  /** Nothing to watch for a unix socket, or where the user does not want it. */
  @Nullable DnsWatch dnsWatch() {
    return endpoint == null || dnsRefresh.isZero()
        ? null
        : new DnsWatch(endpoint, resolver, dnsRefresh);
  }
}
