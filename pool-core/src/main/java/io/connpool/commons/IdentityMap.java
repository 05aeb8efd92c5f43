package io.connpool.commons;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to an object, found by the object itself and not by what it is equal to: two pooled
 * objects may be equal, and the hash of one may change while it is out.
 */
final class IdentityMap<K, V> {
  private final Map<Key, V> map = new ConcurrentHashMap<>();

  /** False, and nothing changes, if there is a value for this very object already. */
  boolean add(K key, V value) {
    return map.putIfAbsent(new Key(key), value) == null;
  }

  @Nullable V get(K key) {
    return map.get(new Key(key));
  }

  /** Of several that remove the same object at once exactly one gets the value. */
  @Nullable V remove(K key) {
    return map.remove(new Key(key));
  }

  private record Key(Object object) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.object == object;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(object);
    }
  }
}
