package io.connpool.redis;

import io.connpool.Transport;
import io.connpool.spi.TransportProvider;
import io.connpool.spi.TransportUri;
import java.time.Duration;
import java.util.Set;

/**
 * Finds Redis by URI: {@code redis://user:password@host:port?db=0&timeout=5s}, with the settings of
 * the pool as further options. The user, the password and both options may be left out. Found by
 * {@link java.util.ServiceLoader} on the class path and on the module path.
 */
public final class RedisProvider implements TransportProvider {

  /** As long as a pool waits for a connection unless told otherwise. */
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** For {@link java.util.ServiceLoader}. */
  public RedisProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("redis");
  }

  @Override
  public <C> Transport<C> create(TransportUri uri, Class<C> type) {
    Login login = uri.userInfo().map(RedisProvider::login).orElse(Login.NONE);
    RedisTransport transport =
        new RedisTransport(
            uri.endpoint(),
            uri.integer("db").map(login::db).orElse(login),
            uri.duration("timeout").orElse(TIMEOUT));
    return TransportProvider.offer(transport, RedisConnection.class, type);
  }

  private static Login login(String userInfo) {
    int colon = userInfo.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(
          "user info must be user:password or :password, but has no colon"); // it may be a secret
    }
    return Login.NONE.as(userInfo.substring(0, colon), userInfo.substring(colon + 1));
  }
}
