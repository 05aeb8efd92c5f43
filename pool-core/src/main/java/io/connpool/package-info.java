/**
 * The pool as its users see it.
 *
 * <p>A {@link io.connpool.Transport} says how one kind of connection is dialed, checked and closed;
 * a {@link io.connpool.ConnPool} keeps such connections good and lends them; a {@link
 * io.connpool.Lease} is one loan. Everything else here is what those three need to speak: the
 * policy ({@link io.connpool.PoolBuilder}, {@link io.connpool.PoolConfig}, {@link
 * io.connpool.WhenExhausted}), the verdicts ({@link io.connpool.Health}, {@link
 * io.connpool.Verdict}, {@link io.connpool.CloseReason}), the figures ({@link
 * io.connpool.PoolStats}, {@link io.connpool.WaitTimes}), the events ({@link
 * io.connpool.PoolListener}, {@link io.connpool.PoolEvent}) and the failures (subclasses of {@link
 * io.connpool.PoolException}).
 *
 * <p>This package knows no socket and no implementation.
 */
@NullMarked
package io.connpool;

import org.jspecify.annotations.NullMarked;
