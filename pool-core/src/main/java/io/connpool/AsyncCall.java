package io.connpool;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Something begun with a connection that ends later.
 *
 * @param <C> the type of the connection
 * @param <R> the type of the result
 */
@FunctionalInterface
public interface AsyncCall<C, R extends @Nullable Object> {
  /**
   * Begins to use the connection, which belongs to this call until the returned stage completes.
   *
   * @param connection the connection; not to be kept beyond the stage
   * @return the stage, never null; its failure is judged by the transport's verdict
   * @throws Exception if it could not even begin
   */
  CompletionStage<R> with(C connection) throws Exception;
}
