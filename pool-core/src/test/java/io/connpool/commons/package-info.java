/**
 * commons-pool2 both ways. {@code ObjectPoolContract} is written from the Javadoc of its {@code
 * ObjectPool} and {@code PooledObjectFactory} and passed by its own {@code GenericObjectPool} too.
 */
package io.connpool.commons;
