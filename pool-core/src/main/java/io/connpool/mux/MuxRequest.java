package io.connpool.mux;

import java.time.Duration;
import java.util.Optional;

/** A request of the peer, or a one-way message, as a {@link MuxHandler} sees it. */
public interface MuxRequest {

  /**
   * What was sent.
   *
   * @return the bytes, the handler's to keep and change
   */
  byte[] body();

  /**
   * The connection it came over, which the handler may use to ask back.
   *
   * @return the connection
   */
  MuxConnection connection();

  /**
   * How long the caller still waits, counted from the arrival of the request: the time on the way
   * is not known.
   *
   * @return zero or more; empty for one-way messages and for callers who wait longer than 65 s
   */
  Optional<Duration> remaining();

  /**
   * Whether nobody waits for the answer any more: the caller has cancelled, his time is over, or
   * the connection is closed. A handler that takes long should look now and then and give up.
   *
   * @return true if the work may stop
   */
  boolean isCancelled();
}
