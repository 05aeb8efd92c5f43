package io.connpool.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Cuts a {@link Wire} at a deadline, whatever blocks in it: the JDK knows no limit for a write, and
 * its limits for a read cost a poll each. Arming and disarming take two compare-and-sets and no
 * lock; nothing is allocated or scheduled for them.
 *
 * <p>A blown fuse stays blown: the wire is closed with a reset, and what was blocked in it fails
 * with a {@link java.net.SocketTimeoutException}. Obtained from {@link Wire#newFuse()}; used by one
 * thread at a time, so whoever reads and writes on two threads takes two of them.
 */
public final class Fuse {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** Two moments that no clock is asked for; a deadline that falls on them is moved by 2 ns. */
  private static final long DISARMED = 0;

  private static final long BLOWN = 1;

  private static final VarHandle AT;

  static {
    try {
      AT = MethodHandles.lookup().findVarHandle(Fuse.class, "at", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Runnable cut;
  private final Sweeper sweeper;

  /** The moment to blow at, on {@link System#nanoTime()}. Moves by compare-and-set only. */
  private volatile long at = DISARMED;

  Fuse(Sweeper sweeper, Runnable cut) {
    this.sweeper = sweeper;
    this.cut = cut;
  }

  /**
   * Lets the wire live until the deadline from now on. Replaces an earlier deadline.
   *
   * @param deadline when to cut
   */
  public void arm(Deadline deadline) {
    long moment = deadline.nanoTime();
    long wanted = moment == DISARMED || moment == BLOWN ? moment + 2 : moment;
    long before = at;
    // Only the sweeper is another writer, and all it ever writes is BLOWN.
    if (before != BLOWN && AT.compareAndSet(this, before, wanted)) {
      sweeper.armed(wanted);
    }
  }

  /** Takes the deadline away. Does nothing to a blown fuse. */
  public void disarm() {
    long before = at;
    if (before != BLOWN && before != DISARMED) {
      // Fails only against the sweeper, and then the fuse has blown.
      AT.compareAndSet(this, before, DISARMED);
    }
  }

  /**
   * Whether it has cut its wire.
   *
   * @return true for ever once it has
   */
  public boolean isBlown() {
    return at == BLOWN;
  }

  /**
   * For the sweeper: blows if the moment has come.
   *
   * @return nanoseconds from now to the moment that is left, {@link Sweeper#FAR} if there is none
   */
  long sweep(long now) {
    long moment = at;
    if (moment == DISARMED || moment == BLOWN) {
      return Sweeper.FAR;
    }
    long left = moment - now;
    if (left > 0) {
      return left;
    }
    if (AT.compareAndSet(this, moment, BLOWN)) {
      try {
        cut.run();
      } catch (RuntimeException defect) { // the other fuses need the thread
        LOG.log(Level.ERROR, "a fuse has blown without cutting anything", defect);
      }
    }
    // Blown, disarmed, or armed anew meanwhile; who arms now sees the pass under way and asks for
    // another.
    return Sweeper.FAR;
  }
}
