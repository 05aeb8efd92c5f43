package io.connpool;

import java.time.Duration;
import java.util.Map;

/**
 * What a pool tells a {@link Transport#dial}. Belongs to one attempt; its methods never block and
 * may be called from any thread.
 */
public interface DialContext {

  /**
   * The time this attempt has left. The first heartbeat comes out of it too.
   *
   * @return zero or more; zero once the attempt is cut off
   */
  Duration remaining();

  /**
   * The number of this attempt within its episode.
   *
   * @return 1 for the first attempt, at most the builder's {@code dialAttempts}
   */
  int attempt();

  /**
   * Whether the result is still wanted. A dial that takes long should look now and then and give
   * up; a result that comes too late is closed.
   *
   * @return true once the attempt timed out or the pool is closing
   */
  boolean cancelled();

  /**
   * What the user attached to the pool with {@link PoolBuilder#attribute}.
   *
   * @return an immutable map, the same for every dial of a pool
   */
  Map<String, Object> attributes();

  /**
   * The way by which the connection now being dialed can speak to its pool later.
   *
   * @return the signals of this one connection
   */
  ConnSignals signals();
}
