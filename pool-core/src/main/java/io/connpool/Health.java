package io.connpool;

/** What a local look at a connection showed. */
public enum Health {
  /** Open, and nothing unexpected is waiting in it. */
  CLEAN,
  /** The peer has closed or reset it. */
  STALE,
  /** Bytes nobody asked for are waiting in it: the next reader would get them as its answer. */
  DIRTY,
  /** The transport cannot tell without traffic; only a heartbeat would. */
  UNKNOWN;

  /**
   * Whether a connection of this health may be lent.
   *
   * @return false for {@link #STALE} and {@link #DIRTY}
   */
  public boolean isUsable() {
    return this == CLEAN || this == UNKNOWN;
  }
}
