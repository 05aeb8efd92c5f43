package io.connpool.bench.acquire.peer;

import java.util.ArrayList;
import java.util.List;

/** All objects that were made for one pool. */
public final class Conns {
  private final List<Conn> all = new ArrayList<>();

  synchronized void add(Conn conn) {
    all.add(conn);
  }

  /**
   * How many there are.
   *
   * @return more than the pool's size if the pool replaced any
   */
  public synchronized int count() {
    return all.size();
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
