package io.connpool.commons;

import java.time.Duration;
import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Both adapters at once: the factory as a transport, its pool seen as an ObjectPool. */
final class ObjectPoolViewTest extends ObjectPoolContract {
  @Override
  ObjectPool<Item> open(CheckedFactory factory, GenericObjectPoolConfig<Item> config) {
    return ObjectPoolView.of(
        ConfigTranslation.of(config).builder(factory).closeTimeout(Duration.ZERO).build());
  }
}
