package io.connpool.bench.acquire.peer;

import java.util.concurrent.TimeoutException;
import org.vibur.objectpool.ConcurrentPool;
import org.vibur.objectpool.PoolObjectFactory;
import org.vibur.objectpool.util.ConcurrentLinkedQueueCollection;

/** Vibur's pool over a linked queue, with an unfair semaphore; waits without a limit. */
final class ViburPeer implements Peer<Conn> {
  private final ConcurrentPool<Conn> pool;

  ViburPeer(int size, Conns conns) {
    pool =
        new ConcurrentPool<>(
            new ConcurrentLinkedQueueCollection<>(), new Factory(conns), size, size, false);
  }

  @Override
  public Conn acquire() throws TimeoutException, InterruptedException {
    Conn conn = pool.take();
    if (conn == null) {
      throw new InterruptedException();
    }
    return conn;
  }

  @Override
  public Conn conn(Conn held) {
    return held;
  }

  @Override
  public void release(Conn held) {
    pool.restore(held);
  }

  @Override
  public String settings() {
    return "ConcurrentPool of %d, ConcurrentLinkedQueueCollection, not fair"
        .formatted(pool.maxSize());
  }

  @Override
  public void close() {
    pool.terminate();
  }

  private record Factory(Conns conns) implements PoolObjectFactory<Conn> {
    @Override
    public Conn create() {
      return conns.add(new Conn());
    }

    @Override
    public boolean readyToTake(Conn conn) {
      return true;
    }

    @Override
    public boolean readyToRestore(Conn conn) {
      return true;
    }

    @Override
    public void destroy(Conn conn) {}
  }
}
