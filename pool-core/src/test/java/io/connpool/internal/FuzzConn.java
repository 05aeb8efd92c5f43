package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import java.util.EnumSet;
import java.util.Set;

/** A connection to nowhere, and all that the fuzzer knows about it. */
final class FuzzConn {
  static final int NEVER = Integer.MAX_VALUE;

  final int id;
  final DialContext context;

  /** When it was dialed; the last use or heartbeat was then or later. */
  final long bornAt;

  long provenAt;

  /** Leases that users of the pool have. */
  int owners;

  /** What it says when asked how many may share it, and the most it ever said. */
  int capacity;

  int mostCapacity;

  /** Whether the pool has asked yet, and what it was told first. */
  boolean asked;

  boolean shared;

  /** What probes and inspections find. */
  Health health = Health.CLEAN;

  /** Heartbeats fail from now on. */
  boolean mute;

  /** Probed since its last use ended. */
  boolean probed;

  /** Calls of the transport's functions that are in progress. */
  int calls;

  /** Why it may be closed: what was done to it or seen in it. */
  final Set<CloseReason> reasons = EnumSet.noneOf(CloseReason.class);

  /** Since this step it must not be lent any more. */
  int badSince = NEVER;

  int closes;

  FuzzConn(int id, DialContext context, long now, int capacity) {
    this.id = id;
    this.context = context;
    bornAt = now;
    provenAt = now;
    this.capacity = capacity;
    mostCapacity = capacity;
  }

  /** It must not be lent to anybody who asks after this step. */
  void bad(CloseReason why, int step) {
    reasons.add(why);
    badSince = Math.min(badSince, step);
  }

  @Override
  public String toString() {
    return "c" + id;
  }
}
