package io.connpool.commons;

import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** The reference: what this one does not do, its Javadoc does not promise. */
final class GenericObjectPoolTest extends ObjectPoolContract {
  @Override
  ObjectPool<Item> open(CheckedFactory factory, GenericObjectPoolConfig<Item> config) {
    return new GenericObjectPool<>(factory, config);
  }
}
