package io.connpool.bench.mux.peer;

/** Answers on a loopback port. */
public interface Server extends AutoCloseable {

  /**
   * Where it listens.
   *
   * @return the port
   */
  int port();

  @Override
  void close();
}
