package io.connpool.bench.mux.peer;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server, used by many at once. A JVM that measures loads one implementation
 * only, so calls through this interface cost what direct calls cost.
 */
public interface Client extends AutoCloseable {

  /** What is told of an answer: the answer, or else why there is none. */
  interface Done extends BiConsumer<byte @Nullable [], @Nullable Throwable> {}

  /**
   * Asks and waits.
   *
   * @param request what to ask
   * @return the answer
   * @throws Exception if there is none
   */
  byte[] call(byte[] request) throws Exception;

  /**
   * Asks without waiting.
   *
   * @param request what to ask
   * @param done told once, on a thread of the peer's choice
   */
  void callAsync(byte[] request, Done done);

  /**
   * How many frames left with each write so far.
   *
   * @return frames and writes, or null if the peer does not say
   */
  default long @Nullable [] framesAndWrites() {
    return null;
  }

  @Override
  void close();
}
