package io.connpool.migration;

import io.connpool.ConnPool;
import io.connpool.commons.ConfigTranslation;
import io.connpool.commons.FactoryTransport;
import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.PooledObjectFactory;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Where a project makes its pool: the only place that changes. */
public final class Pools {
  private Pools() {}

  /** Before. */
  public static <T> ObjectPool<T> before(
      PooledObjectFactory<T> factory, GenericObjectPoolConfig<T> config) {
    return new GenericObjectPool<>(factory, config);
  }

  /** After: one line. What changes for each setting is in {@link ConfigTranslation#notes()}. */
  public static <T> ObjectPool<T> after(
      PooledObjectFactory<T> factory, GenericObjectPoolConfig<T> config) {
    return ConfigTranslation.of(config).objectPool(factory);
  }

  /** For new code: leases instead of bare objects, with the defaults of a {@link ConnPool}. */
  public static <T> ConnPool<T> fromNowOn(PooledObjectFactory<T> factory) {
    return ConnPool.builder(FactoryTransport.of(factory)).build();
  }
}
