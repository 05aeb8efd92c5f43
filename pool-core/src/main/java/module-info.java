import org.jspecify.annotations.NullMarked;

/**
 * Keeps connections of any kind good and lends them.
 *
 * <p>{@link io.connpool} is the pool itself; {@link io.connpool.net} has what every socket
 * transport needs. Nothing is nullable unless it says so.
 */
@NullMarked
module io.connpool {
  requires static org.jspecify;
  requires io.github.resilience4j.core;
  requires io.github.resilience4j.retry;

  exports io.connpool;
  exports io.connpool.net;
}
