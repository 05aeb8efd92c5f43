package io.connpool.internal;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One timer for all virtual threads that wait for a connection of a pool, set to the first deadline
 * among them. A virtual thread that parks with a limit sets a timer of the JVM's each time, and
 * cancels it when it is woken, which is nearly always; that costs more than the rest of its wait.
 * As callers mostly have the same limit, whoever comes later has the later deadline, and finds that
 * there is nothing to set. A thread of the operating system's has its limit from the kernel, for
 * nothing.
 */
final class Alarm<C> {
  private final Engine<C> engine;
  private final AtomicReference<@Nullable Setting> current = new AtomicReference<>();

  Alarm(Engine<C> engine) {
    this.engine = engine;
  }

  /**
   * Sees to it that this waiter, which is in the queue, is woken at its deadline. It may park after
   * that: if it finds a setting that will do, it was in the queue before that rings.
   */
  void setFor(Waiter<C> waiter) {
    setFor(waiter.deadline);
  }

  private void setFor(long moment) {
    Setting mine = null;
    while (true) {
      Setting now = current.get();
      if (now != null && now.moment - moment <= 0) {
        return;
      }
      mine = mine == null ? new Setting(moment) : mine;
      if (current.compareAndSet(now, mine)) {
        mine.begin();
        if (now != null) {
          now.cancel();
        }
        return;
      }
    }
  }

  private void ring(Setting due) {
    // Before the look at the queue, so that whoever it does not see yet sets another one. One that
    // was replaced looks too: its cancellation may have come too late.
    current.compareAndSet(due, null);
    Long next = engine.queue.wakeOverdue(engine.now());
    if (next != null) {
      setFor(next);
    }
  }

  private final class Setting {
    private final long moment;

    /** Null until it has begun; who replaces it before that leaves it to ring for nothing. */
    private volatile Environment.@Nullable Timer timer;

    Setting(long moment) {
      this.moment = moment;
    }

    void begin() {
      timer = engine.at(moment, () -> ring(this));
    }

    void cancel() {
      Environment.Timer running = timer;
      if (running != null) {
        running.cancel();
      }
    }
  }
}
