package io.connpool.bench.acquire.peer;

import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** The default GenericObjectPool: LIFO, no evictor, no validation, waits without a limit. */
final class CommonsPool2Peer implements Peer<Conn> {
  private final GenericObjectPool<Conn> pool;

  CommonsPool2Peer(int size, Conns conns) {
    GenericObjectPoolConfig<Conn> config = new GenericObjectPoolConfig<>();
    config.setMaxTotal(size);
    config.setMaxIdle(size);
    config.setJmxEnabled(false);
    pool = new GenericObjectPool<>(new Factory(conns), config);
  }

  @Override
  public Conn acquire() throws InterruptedException {
    try {
      return pool.borrowObject();
    } catch (InterruptedException | RuntimeException asItIs) {
      throw asItIs;
    } catch (Exception unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  @Override
  public Conn conn(Conn held) {
    return held;
  }

  @Override
  public void release(Conn held) {
    pool.returnObject(held);
  }

  @Override
  public String settings() {
    return "GenericObjectPool, maxTotal = maxIdle = %d, JMX off, otherwise its defaults"
        .formatted(pool.getMaxTotal());
  }

  @Override
  public void close() {
    pool.close();
  }

  private static final class Factory extends BasePooledObjectFactory<Conn> {
    private final Conns conns;

    Factory(Conns conns) {
      this.conns = conns;
    }

    @Override
    public Conn create() {
      return conns.add(new Conn());
    }

    @Override
    public PooledObject<Conn> wrap(Conn conn) {
      return new DefaultPooledObject<>(conn);
    }
  }
}
