package io.connpool.internal;

import io.connpool.CloseReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A place for one connection. All that is true about it stands in one 64-bit word; whoever moves
 * the word by compare-and-set owns what the new state says, and nothing else decides anything.
 *
 * <pre>
 *   bits 63..21  generation   grows whenever a loan ends or the connection changes
 *   bits 20..5   shares       leases on a shared connection
 *   bit  4       doomed       not to be lent again, closed by whoever holds it now
 *   bits 3..0    state
 *
 *   EMPTY ──reserve──▶ DIALING ──fill──▶ IDLE ◀──────release──────┐
 *     ▲                   │               │ │                     │
 *     │                 vacate          park └────lease──────▶ LEASED
 *     │                   ▼               ▼                    ▲  │
 *     ├───────────────────┘             PARKED ──lease─────────┘  │
 *     │                                 │    ▲                    │
 *     │                               check  └──settle──┐       check
 *     │                                 ▼               │         ▼
 *   vacate ◀─── CLOSING ◀──remove── CHECKING ───────────┴──▶ IDLE
 *
 *   A shared connection is SHARED from fill on: join and leave change its shares; without shares it
 *   is parked, checked and removed like any other.
 * </pre>
 *
 * <p>IDLE is what the fast path takes. Once a second everything idle is parked, and what is parked
 * is taken only by a path that reads the clock: so the fast path needs no clock, and a pool that
 * slept never looks fresh.
 */
final class Slot<C> extends SlotFields<C> {
  static final int EMPTY = 0;
  static final int DIALING = 1;
  static final int IDLE = 2;
  static final int LEASED = 3; // IDLE + 1, so that lease and release are one addition each
  static final int PARKED = 4;
  static final int CHECKING = 5;
  static final int CLOSING = 6;
  static final int SHARED = 7;

  private static final long STATE = 0xF;
  static final long DOOMED = 1L << 4;
  private static final long SHARE = 1L << 5;
  private static final long SHARES = 0xFFFFL << 5;

  /** 43 bits: at 50 million loans a second of one slot they come round after two days. */
  private static final long GENERATION = 1L << 21;

  private static final long LOW = GENERATION - 1;
  static final int MOST_SHARES = 0xFFFF;

  /** The serial number of a slot without a connection. */
  static final long NOTHING = 0;

  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(SlotFields.class, "word", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** Padding behind the fields, so that two slots never share a cache line. */
  @SuppressWarnings("unused")
  private long q0, q1, q2, q3, q4, q5, q6, q7;

  final Engine<C> owner;
  final int index;

  Slot(Engine<C> owner, int index) {
    this.owner = owner;
    this.index = index;
  }

  static int state(long word) {
    return (int) (word & STATE);
  }

  static int shares(long word) {
    return (int) ((word & SHARES) >>> 5);
  }

  static boolean isDoomed(long word) {
    return (word & DOOMED) != 0;
  }

  static boolean isIdle(long word) {
    return (word & LOW) == IDLE;
  }

  /** SHARED, not doomed, and nobody has a share. */
  static boolean isUnshared(long word) {
    return (word & LOW) == SHARED;
  }

  static boolean isParked(long word) {
    return (word & LOW) == PARKED;
  }

  boolean isShared() {
    return shared;
  }

  /** Whether a lease with this stamp still holds the slot; being doomed does not end it. */
  boolean isHeldBy(long stamp) {
    return (word & ~DOOMED) == stamp;
  }

  // --- exclusive loans ---

  /** Notes that a loan has begun; called by its holder, as the first thing. */
  void begun(long threadId) {
    takenBy = threadId;
    loans++;
  }

  /** Takes an idle connection; the stamp of the loan is {@link #stampOf the word}. */
  boolean tryLease(long idle) {
    return cas(idle, idle + (LEASED - IDLE));
  }

  static long stampOf(long idle) {
    return idle + (LEASED - IDLE);
  }

  /** Takes a parked connection. Returns the stamp, or 0 if somebody else was faster. */
  long tryLeaseParked(long parked) {
    long stamp = with(parked, LEASED);
    return cas(parked, stamp) ? stamp : 0;
  }

  /**
   * Ends a loan and makes the connection available. Fails if the stamp is stale or it is doomed.
   */
  boolean tryRelease(long stamp) {
    return cas(stamp, stamp + GENERATION - (LEASED - IDLE));
  }

  /** Ends a loan by beginning another one. Returns the new stamp, or 0 as {@link #tryRelease}. */
  long tryHandOver(long stamp) {
    long next = stamp + GENERATION;
    return cas(stamp, next) ? next : 0;
  }

  // --- shared loans ---

  /**
   * Adds a share. Returns the word after it, or 0 if there is no room or it is not lendable now.
   */
  long tryJoin() {
    for (; ; ) {
      long now = word;
      if (!hasRoom(now)) {
        return 0;
      }
      if (cas(now, now + SHARE)) {
        return now + SHARE;
      }
    }
  }

  boolean hasRoom(long now) {
    return (now & (STATE | DOOMED)) == SHARED && shares(now) < capacity;
  }

  /** Takes a parked shared connection with a first share. Returns as {@link #tryJoin}. */
  long tryJoinParked(long parked) {
    long joined = with(parked, SHARED) + SHARE;
    return capacity > 0 && cas(parked, joined) ? joined : 0;
  }

  /** Whether the connection that was joined with this result is still here. */
  boolean isStillShared(long joined) {
    long now = word;
    return state(now) == SHARED && (now & ~LOW) == (joined & ~LOW);
  }

  /**
   * Ends a share of the connection that was filled in with this serial number. Returns the word
   * after it, or 0 if that connection is gone. Each share is ended by one lease once, so shares
   * never underflow.
   */
  long leave(long serialOfLease) {
    for (; ; ) {
      long now = word;
      if (state(now) != SHARED || serial != serialOfLease) {
        return 0;
      }
      if (cas(now, now - SHARE)) {
        return now - SHARE;
      }
    }
  }

  // --- the life of a connection ---

  boolean tryReserve() {
    long now = word;
    return state(now) == EMPTY && cas(now, with(now, DIALING));
  }

  /** Puts a dialed connection in. The caller owns the slot in state DIALING. */
  void fill(C dialed, long serialNumber, int howManyMayShare, long now, long retireTime) {
    connection = dialed;
    serial = serialNumber;
    shared = howManyMayShare != 1;
    capacity = Math.max(0, Math.min(MOST_SHARES, howManyMayShare));
    bornAt = now;
    retireAt = retireTime;
    provenAt = now;
    parkedAt = now;
    firstStamp = 0;
    seasoned = false;
  }

  /** Gives up a slot that is DIALING or CLOSING: no connection is left in it. */
  void vacate() {
    connection = null;
    serial = NOTHING; // or the end of this connection could be taken for that of the next
    // volatile: publishes the cleared fields to the next one who reserves it
    word = (word & ~LOW) + GENERATION + EMPTY;
  }

  /** DIALING or CHECKING becomes LEASED, unless doomed meanwhile. Returns the stamp, or 0. */
  long tryLend(long owned) {
    long stamp = with(owned, LEASED) + GENERATION;
    if (state(owned) == DIALING) {
      firstStamp = stamp;
    }
    return cas(owned, stamp) ? stamp : 0;
  }

  /** DIALING or CHECKING becomes available (IDLE or SHARED), unless doomed meanwhile. */
  boolean trySettle(long owned) {
    return cas(owned, with(owned, shared ? SHARED : IDLE) + GENERATION);
  }

  /** CHECKING becomes PARKED again: it was looked at, not used. */
  boolean trySettleParked(long owned) {
    return cas(owned, with(owned, PARKED));
  }

  /** IDLE, or SHARED without shares, becomes PARKED; see the times in {@link SlotFields}. */
  boolean tryPark(long now) {
    seasoned = true;
    return cas(now, with(now, PARKED));
  }

  /** IDLE, PARKED, unshared, or LEASED by the caller becomes CHECKING. The word owned, or 0. */
  long tryCheck(long now) {
    long owned = with(now, CHECKING);
    return cas(now, owned) ? owned : 0;
  }

  /** Takes the connection out of circulation for good; the winner closes it. */
  boolean tryRemove(long now) {
    return cas(now, with(now, CLOSING));
  }

  /**
   * Marks what is held, or about to be lent, so that the holder closes it. False if it moved on.
   */
  boolean tryDoom(long now) {
    return cas(now, now | DOOMED);
  }

  private static long with(long word, int state) {
    return (word & ~STATE) | state;
  }

  private boolean cas(long expected, long next) {
    return WORD.compareAndSet((SlotFields<?>) this, expected, next);
  }
}

/** Padding in front of the fields: 120 bytes, with the header the two lines a prefetch pulls. */
abstract class SlotPadding {
  @SuppressWarnings("unused")
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13;
}

/** The fields of a slot. All but the word belong to whoever holds the slot, or say otherwise. */
abstract class SlotFields<C> extends SlotPadding {
  /** The truth; see {@link Slot}. */
  volatile long word;

  /** Written while DIALING or CLOSING, read under a loan: ordered by the word. */
  @Nullable C connection;

  /** Which connection of the pool's life this is. Fences signals and shared leases, so volatile. */
  volatile long serial;

  /** How many may share it; changes when the connection says so. */
  volatile int capacity;

  /** Why it is doomed; written before the mark, read by whoever finds the mark. */
  volatile CloseReason doom = CloseReason.RETIRED;

  /** From so many shares on another connection is preferred; changes with the capacity. */
  volatile int growAt = Integer.MAX_VALUE;

  /** Whether this connection is shared; written while DIALING. */
  boolean shared;

  /**
   * Which thread took it last, 0 if that is not known. Written under the loan without order, and
   * read for a message only: right after a hand-over it may still be the holder before.
   */
  long takenBy;

  /**
   * Exclusive loans so far. Written under the loan without order, so that it costs the hot path no
   * more than an addition in a line that is its own; others read it a moment too late.
   */
  long loans;

  /** When it was dialed, and when it is to be retired; written while DIALING. */
  long bornAt;

  long retireAt;

  /**
   * The last use or heartbeat is not older than this. Written before it is parked and while it is
   * CHECKING; meaningful while it is parked.
   */
  long provenAt;

  /** The last use is not younger than this. Written before it is parked. */
  long parkedAt;

  /**
   * The stamp of the loan that began with the dial itself, 0 if the connection was idle first: any
   * other loan is of a connection that was idle or used before. Written while DIALING.
   */
  long firstStamp;

  /**
   * Whether a share of it has ended, or it lay idle: it had worked, and may be stale. Written
   * without order by whoever ends a share; who reads it too late takes it for new.
   */
  boolean seasoned;
}
