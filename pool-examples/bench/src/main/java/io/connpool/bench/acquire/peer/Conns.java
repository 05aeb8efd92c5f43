package io.connpool.bench.acquire.peer;

import java.util.ArrayList;
import java.util.List;

/** All objects that were made for one pool. */
public final class Conns {
  private final List<Conn> all = new ArrayList<>();

  /**
   * Counts one in.
   *
   * @param conn a new one
   * @param <C> its type
   * @return the same
   */
  public synchronized <C extends Conn> C add(C conn) {
    all.add(conn);
    return conn;
  }

  /**
   * How often they were used together; to be asked when nobody uses them any more.
   *
   * @return the sum
   */
  public synchronized long uses() {
    return all.stream().mapToLong(Conn::uses).sum();
  }
}
