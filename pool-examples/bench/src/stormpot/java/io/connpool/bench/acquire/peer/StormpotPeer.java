package io.connpool.bench.acquire.peer;

import java.util.concurrent.TimeoutException;
import stormpot.Allocator;
import stormpot.Expiration;
import stormpot.Pool;
import stormpot.PoolBuilder;
import stormpot.PoolTap;
import stormpot.Poolable;
import stormpot.Slot;
import stormpot.Timeout;

/**
 * Stormpot, by default and at its best. Its default checks an expiration at each claim and shares
 * cache lines to save memory. At its best objects never expire, nothing runs in the background, and
 * slots are padded. Virtual threads use the tap made for them, platform threads the thread-local
 * one.
 */
final class StormpotPeer implements Peer<StormpotPeer.Pooled> {
  private static final Timeout LIMIT = new Timeout(WAIT_LIMIT, WAIT_UNIT);

  private final Pool<Pooled> pool;
  private final PoolTap<Pooled> tap;
  private final String settings;

  private StormpotPeer(PoolBuilder<Pooled> builder, boolean virtual, String settings) {
    pool = builder.build();
    tap = virtual ? pool.getVirtualThreadSafeTap() : pool.getThreadSafeTap();
    this.settings =
        "size %d, %s, %s tap"
            .formatted(builder.getSize(), settings, virtual ? "virtual-thread" : "thread-local");
  }

  /** Called by name, see {@link Peers}. */
  static Peer<?> byDefault(int size, boolean virtual, Conns conns) {
    return new StormpotPeer(builder(size, conns), virtual, "otherwise its defaults");
  }

  /** Called by name, see {@link Peers}. */
  static Peer<?> atItsBest(int size, boolean virtual, Conns conns) {
    PoolBuilder<Pooled> builder =
        builder(size, conns)
            .setExpiration(Expiration.never())
            .setBackgroundExpirationEnabled(false)
            .setPreciseLeakDetectionEnabled(false)
            .setOptimizeForReducedMemoryUsage(false);
    return new StormpotPeer(builder, virtual, "never expires, no background work, padded");
  }

  private static PoolBuilder<Pooled> builder(int size, Conns conns) {
    return Pool.from(new Factory(conns)).setSize(size);
  }

  @Override
  public Pooled acquire() throws TimeoutException, InterruptedException {
    Pooled pooled = tap.claim(LIMIT);
    if (pooled == null) {
      throw new TimeoutException();
    }
    return pooled;
  }

  @Override
  public Conn conn(Pooled held) {
    return held;
  }

  @Override
  public void release(Pooled held) {
    held.release();
  }

  @Override
  public String settings() {
    return settings;
  }

  @Override
  public void close() {
    pool.shutdown();
  }

  static final class Pooled extends Conn implements Poolable {
    private final Slot slot;

    Pooled(Slot slot) {
      this.slot = slot;
    }

    @Override
    public void release() {
      slot.release(this);
    }
  }

  private record Factory(Conns conns) implements Allocator<Pooled> {
    @Override
    public Pooled allocate(Slot slot) {
      return conns.add(new Pooled(slot));
    }

    @Override
    public void deallocate(Pooled pooled) {}
  }
}
