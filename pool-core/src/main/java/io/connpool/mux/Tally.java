package io.connpool.mux;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A figure that one thread at a time raises and any thread reads. No locked operation. */
final class Tally {
  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(Tally.class, "value", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  @SuppressWarnings("unused") // through VALUE
  private long value;

  void add(long count) {
    // Plain, as nobody else writes; released, so that who sees the figure sees what it counts.
    VALUE.setRelease(this, (long) VALUE.get(this) + count);
  }

  long get() {
    return (long) VALUE.getAcquire(this);
  }
}
