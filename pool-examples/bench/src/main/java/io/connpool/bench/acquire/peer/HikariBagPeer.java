package io.connpool.bench.acquire.peer;

import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The container inside HikariCP, bare: no pool around it, so no health check, no lifetime, no leak
 * detection and no clock. Its entries are padded, which HikariCP's own are not.
 */
final class HikariBagPeer implements Peer<HikariBagPeer.Entry> {
  private final ConcurrentBag<Entry> bag;

  HikariBagPeer(int size, Conns conns) {
    // The bag asks for more when somebody waits; like a pool at its limit, we have no more.
    bag = new ConcurrentBag<>(waiting -> {});
    for (int i = 0; i < size; i++) {
      bag.add(conns.add(new Entry()));
    }
  }

  @Override
  public Entry acquire() throws TimeoutException, InterruptedException {
    Entry entry = bag.borrow(WAIT_LIMIT, WAIT_UNIT);
    if (entry == null) {
      throw new TimeoutException();
    }
    return entry;
  }

  @Override
  public Conn conn(Entry held) {
    return held;
  }

  @Override
  public void release(Entry held) {
    bag.requite(held);
  }

  @Override
  public String settings() {
    return "ConcurrentBag of %d entries, no pool around it".formatted(bag.size());
  }

  @Override
  public void close() {
    bag.close();
  }

  /** Keeps its state as HikariCP's PoolEntry does. */
  static final class Entry extends Conn implements IConcurrentBagEntry {
    private static final AtomicIntegerFieldUpdater<Entry> STATE =
        AtomicIntegerFieldUpdater.newUpdater(Entry.class, "state");

    private volatile int state = STATE_NOT_IN_USE;

    @Override
    public boolean compareAndSet(int expected, int next) {
      return STATE.compareAndSet(this, expected, next);
    }

    @Override
    public void setState(int next) {
      STATE.set(this, next);
    }

    @Override
    public int getState() {
      return state;
    }
  }
}
