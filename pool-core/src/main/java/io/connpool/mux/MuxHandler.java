package io.connpool.mux;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What one end does with what the other sends. A lambda that answers requests is enough:
 *
 * <pre>{@code
 * MuxHandler echo = request -> request.body();
 * MuxHandler later = MuxHandler.async(request -> database.find(request.body()));
 * }</pre>
 *
 * <p><b>Threads.</b> Every method runs on a worker thread, many at once, and may block; on virtual
 * threads where the JVM has them, else on at most 256 platform threads. Messages of one connection
 * may be handled in any order. With {@link MuxOptions.Builder#inlineHandlers} {@code onRequest} and
 * {@code onOneWay} run on the I/O thread, in order of arrival, and must not block.
 *
 * <p><b>Failures.</b> What {@code onRequest} throws becomes the caller's {@link MuxException} of
 * {@link MuxException.Reason#HANDLER_FAILED}; the connection goes on. What the others throw goes to
 * {@link #onError}, and what that throws to the log.
 */
@FunctionalInterface
public interface MuxHandler {

  /**
   * Answers a request.
   *
   * @param request what was asked
   * @return the answer; the array must not be changed afterwards. Null counts as a failure
   * @throws Exception becomes a failure at the caller, with the message of the exception
   */
  byte[] onRequest(MuxRequest request) throws Exception;

  /**
   * Begins to answer a request. This is what a connection calls; the default calls {@link
   * #onRequest}.
   *
   * @param request what was asked
   * @return the answer or failure to come, not null. A stage that never completes keeps a place
   *     among the requests being handled until the connection ends
   * @throws Exception as for {@link #onRequest}
   */
  default CompletionStage<byte[]> onRequestAsync(MuxRequest request) throws Exception {
    return CompletableFuture.completedFuture(onRequest(request));
  }

  /**
   * Takes a one-way message; the sender learns nothing of it.
   *
   * @param message what was sent
   * @throws Exception goes to {@link #onError}
   */
  default void onOneWay(MuxRequest message) throws Exception {}

  /**
   * Takes an answer nobody waits for: its call has timed out or was cancelled. At most 1000 wait to
   * be shown; more are only counted.
   *
   * @param connection the connection it came over
   * @param id the number of the request on this connection
   * @param answer what came
   * @throws Exception goes to {@link #onError}
   */
  default void onOrphan(MuxConnection connection, long id, byte[] answer) throws Exception {}

  /**
   * Learns of a failure that nobody else would: of a handler or of a callback. The connection goes
   * on. The default logs it.
   *
   * @param connection the connection
   * @param failure what was thrown
   */
  default void onError(MuxConnection connection, Throwable failure) {
    System.getLogger(MuxHandler.class.getName())
        .log(System.Logger.Level.WARNING, "a handler of " + connection + " failed", failure);
  }

  /**
   * Learns that the connection has ended. Called once, after every call has been failed.
   *
   * @param connection the connection
   * @param cause what ended it; null if this end closed or drained it
   */
  default void onClosed(MuxConnection connection, @Nullable MuxException cause) {}

  /**
   * A handler whose answers come later.
   *
   * @param handler begins to answer
   * @return the handler
   */
  static MuxHandler async(Async handler) {
    return new MuxHandler() {
      @Override
      public byte[] onRequest(MuxRequest request) {
        throw new UnsupportedOperationException("asked through onRequestAsync");
      }

      @Override
      public CompletionStage<byte[]> onRequestAsync(MuxRequest request) throws Exception {
        return handler.onRequest(request);
      }
    };
  }

  /** Begins to answer requests. */
  @FunctionalInterface
  interface Async {
    /**
     * As {@link MuxHandler#onRequestAsync}.
     *
     * @param request what was asked
     * @return the answer to come
     * @throws Exception as for {@link MuxHandler#onRequest}
     */
    CompletionStage<byte[]> onRequest(MuxRequest request) throws Exception;
  }
}
