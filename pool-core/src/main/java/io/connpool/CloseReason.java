package io.connpool;

/** Why a pool closed a connection. */
public enum CloseReason {
  /** Unused for longer than the idle timeout, and more than maxIdle were idle. */
  IDLE,
  /** Older than its maximum lifetime. */
  LIFETIME,
  /** A heartbeat failed or did not end in time, the first one after the dial included. */
  HEARTBEAT,
  /** A probe found it closed by the peer. */
  STALE,
  /** A probe found bytes in it that nobody asked for. */
  DIRTY,
  /** A caller or the transport's verdict declared it broken. */
  INVALIDATED,
  /** A caller or the transport's verdict asked to let it finish and go. */
  RETIRED,
  /** All connections were evicted by {@link ConnPool#evictAll}. */
  EVICTED,
  /** The connection itself reported its end through {@link ConnSignals#dead}. */
  DEAD,
  /** It was dialed beyond maxActive and is not needed any more. */
  SURPLUS,
  /** Its lease was garbage collected without having been closed. */
  LEAKED,
  /** Its dial ended after the attempt had been cut off. */
  LATE,
  /** The pool was closed. */
  POOL_CLOSED
}
