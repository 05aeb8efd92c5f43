package io.connpool.tcp;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Pools that the whole process shares, one for each URI. What gtcp does by address, done right: all
 * settings are part of the URI, so whoever asks with others gets a pool of his own, and not one
 * with the settings of whoever came first; a pool can be closed, and whoever asks afterwards gets a
 * new one.
 *
 * <p>Connections that nobody uses are closed after the pool's idle timeout; the pool itself then
 * costs a few objects.
 */
public final class TcpPools {
  private static final Map<String, TcpPool> SHARED = new ConcurrentHashMap<>();

  private TcpPools() {}

  /**
   * The pool of this URI. Returns at once; nothing is dialed before it is used.
   *
   * @param uri as for {@link TcpPool#of}, and compared as text
   * @return the same pool for the same URI until it is closed
   * @throws IllegalArgumentException as for {@link TcpPool#of}
   */
  public static TcpPool shared(String uri) {
    return SHARED.computeIfAbsent(uri, TcpPools::open);
  }

  private static TcpPool open(String uri) {
    TcpPool pool = TcpPool.of(uri).build();
    pool.onClose(() -> SHARED.remove(uri, pool));
    return pool;
  }

  /** Closes all of them, one after the other, see {@link TcpPool#close()}. */
  public static void closeAll() {
    List.copyOf(SHARED.values()).forEach(TcpPool::close);
  }
}
