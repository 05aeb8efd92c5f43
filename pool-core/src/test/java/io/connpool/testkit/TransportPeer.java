package io.connpool.testkit;

/**
 * The other side of a transport under test, which can be told to misbehave. Any thread may call any
 * method.
 */
public interface TransportPeer {

  /** Serves: accepts connections and answers on them. How it begins; undoes the others. */
  void serve() throws Exception;

  /** Accepts no connections any more, and says so: a dial fails at once. Open ones stay. */
  void refuse() throws Exception;

  /** Answers nothing any more, neither on open connections nor on new ones, and closes none. */
  void silence() throws Exception;

  /** Ends every connection that is open now. Returns when that is on its way. */
  void cutAll() throws Exception;

  /**
   * Sends something on every open connection that nobody asked for.
   *
   * @return false if this kind of peer cannot do that
   */
  default boolean sendUnasked() throws Exception {
    return false;
  }

  /** How many connections are open, as this side sees it. */
  int open();
}
