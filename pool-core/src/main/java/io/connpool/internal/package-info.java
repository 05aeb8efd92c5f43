/**
 * The engine. Not exported; {@code PoolBuilder.build()} is its only user.
 *
 * <p>Layers, arrows downwards:
 *
 * <ul>
 *   <li>{@link io.connpool.internal.DefaultConnPool} is the pool as users see it, {@link
 *       io.connpool.internal.WaitingRoom} the slow path of an acquire, {@link
 *       io.connpool.internal.Shutdown} the end; {@link io.connpool.internal.Engine} holds the parts
 *       together.
 *   <li>{@link io.connpool.internal.Lending} begins and ends loans, {@link
 *       io.connpool.internal.Handout} passes connections on to waiters, {@link
 *       io.connpool.internal.Removal} takes them out.
 *   <li>{@link io.connpool.internal.Supply} dials what waiters lack, {@link
 *       io.connpool.internal.Keeper} looks after what is parked with {@link
 *       io.connpool.internal.Checks}, {@link io.connpool.internal.Disposer} closes what is let go.
 *   <li>{@link io.connpool.internal.Chronicle} keeps what happened, {@link
 *       io.connpool.internal.Announcer} tells it to listeners, {@link
 *       io.connpool.internal.LeakWatch} finds leases that nobody ends.
 *   <li>{@link io.connpool.internal.Slot}, {@link io.connpool.internal.SlotTable} and {@link
 *       io.connpool.internal.WaitQueue} are the concurrency kernel: no user code, no lock, no
 *       clock.
 * </ul>
 *
 * <p>{@link io.connpool.internal.Environment} is the outside world: time, timers, threads, chance.
 * {@code docs/concurrency.md} explains states, orderings and threads.
 */
@NullMarked
package io.connpool.internal;

import org.jspecify.annotations.NullMarked;
