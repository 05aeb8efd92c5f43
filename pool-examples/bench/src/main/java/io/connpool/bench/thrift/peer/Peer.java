package io.connpool.bench.thrift.peer;

import org.apache.thrift.TException;

/**
 * One way to call a server, which runs in the same JVM and belongs to it. A JVM that measures loads
 * one implementation only, so calls through this interface cost what direct calls cost.
 */
public interface Peer extends AutoCloseable {

  /** What one caller calls through. */
  @FunctionalInterface
  interface Caller {
    /**
     * Makes one call.
     *
     * @param request what to send
     * @return what came back
     * @throws TException if nothing did
     */
    String echo(String request) throws TException;
  }

  /**
   * A new caller.
   *
   * @return for one thread
   * @throws TException if it cannot connect
   */
  Caller caller() throws TException;

  /**
   * How the peer is set up.
   *
   * @return for the head of a report
   */
  String settings();

  @Override
  void close();
}
