package io.connpool.bench.acquire.peer;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A pool under test, full from the start. A JVM that measures loads one implementation only, so
 * calls through this interface cost what direct calls cost.
 *
 * @param <H> what the pool hands out: the object itself, or something that leads to it
 */
public interface Peer<H> extends AutoCloseable {

  /** The limit of a wait, for peers that want one: ConnPool's default. */
  long WAIT_LIMIT = 5;

  /** The unit of {@link #WAIT_LIMIT}. */
  TimeUnit WAIT_UNIT = TimeUnit.SECONDS;

  /**
   * Takes an object, waits for one if it must.
   *
   * @return what was handed out
   * @throws TimeoutException if the peer gave up
   * @throws InterruptedException if interrupted
   */
  H acquire() throws TimeoutException, InterruptedException;

  /**
   * The object.
   *
   * @param held what {@link #acquire} returned
   * @return the object to use
   */
  Conn conn(H held);

  /**
   * Gives it back.
   *
   * @param held what {@link #acquire} returned
   */
  void release(H held);

  /**
   * How the peer is set up.
   *
   * @return for the head of a report
   */
  String settings();

  @Override
  void close();
}
