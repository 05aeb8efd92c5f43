/**
 * The pool API of commons-pool2, spoken both ways.
 *
 * <ul>
 *   <li>{@link io.connpool.commons.FactoryTransport} makes a {@code PooledObjectFactory} a {@link
 *       io.connpool.Transport}: the factory's objects, lent by a {@link io.connpool.ConnPool}.
 *   <li>{@link io.connpool.commons.ObjectPoolView} makes a {@link io.connpool.ConnPool} an {@code
 *       ObjectPool}: for code that holds one.
 *   <li>{@link io.connpool.commons.ConfigTranslation} makes a {@code GenericObjectPoolConfig} the
 *       settings of a {@link io.connpool.ConnPool}, and tells what changes.
 * </ul>
 *
 * <p>Together they replace a {@code GenericObjectPool} by one changed line:
 *
 * <pre>{@code
 * ObjectPool<Client> pool = new GenericObjectPool<>(factory, config);               // before
 * ObjectPool<Client> pool = ConfigTranslation.of(config).objectPool(factory);       // after
 * }</pre>
 *
 * <p>This package is the only one that needs commons-pool2 (2.13 or later), an optional dependency.
 */
@NullMarked
package io.connpool.commons;

import org.jspecify.annotations.NullMarked;
