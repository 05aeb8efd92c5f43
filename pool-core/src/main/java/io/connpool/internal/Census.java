package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.ConnectionStats;
import io.connpool.LeaseTimes;
import io.connpool.PoolStats;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts by looking at every slot, so that the hot path need not count anything. */
final class Census<C> {
  private final Engine<C> engine;
  private final LongAdder misuses = new LongAdder();
  private final LongAdder timeouts = new LongAdder();
  private final LongAdder sharesTaken = new LongAdder();

  /** How long leases were out, added up; written by the keeper. */
  private final LongAdder leasedNanos = new LongAdder();

  Census(Engine<C> engine) {
    this.engine = engine;
  }

  /** A lease was ended twice. */
  void countMisuse() {
    misuses.increment();
  }

  /** An acquire ran out of time. */
  void countTimeout() {
    timeouts.increment();
  }

  /** A shared connection was lent once more; exclusive loans are counted in their slot. */
  void countShare() {
    sharesTaken.increment();
  }

  /** The keeper has passed: the leases that are out now stand for the time since it did before. */
  void countTime(long nanos) {
    long leases = 0;
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      leases += Slot.state(word) == Slot.LEASED ? 1 : 0;
      leases += Slot.state(word) == Slot.SHARED ? Slot.shares(word) : 0;
    }
    leasedNanos.add(leases * nanos);
  }

  private LeaseTimes leaseTimes() {
    long count = sharesTaken.sum();
    for (Slot<C> slot : engine.table.all()) {
      count += slot.loans;
    }
    return new LeaseTimes(count, Duration.ofNanos(leasedNanos.sum()));
  }

  /** How many connections are out and cannot serve one more. */
  int countBusy() {
    int busy = 0;
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      if (Slot.state(word) == Slot.LEASED
          || (Slot.state(word) == Slot.SHARED && !slot.hasRoom(word))) {
        busy++;
      }
    }
    return busy;
  }

  /** How many connections are closed when they come back. */
  int countDoomed() {
    int doomed = 0;
    for (Slot<C> slot : engine.table.all()) {
      doomed += Slot.isDoomed(slot.word) ? 1 : 0;
    }
    return doomed;
  }

  /** How many exclusive connections are out that this thread took without being watched. */
  int countTakenBy(Thread thread) {
    int taken = 0;
    for (Slot<C> slot : engine.table.all()) {
      if (Slot.state(slot.word) == Slot.LEASED && slot.takenBy == thread.getId()) {
        taken++;
      }
    }
    return taken;
  }

  int countConnections() {
    int connections = 0;
    for (Slot<C> slot : engine.table.all()) {
      int state = Slot.state(slot.word);
      if (state != Slot.EMPTY && state != Slot.DIALING && state != Slot.CLOSING) {
        connections++;
      }
    }
    return connections;
  }

  /** How many connections nobody uses, those being checked included. */
  int countAvailable() {
    int available = 0;
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      int state = Slot.state(word);
      if (state == Slot.IDLE
          || state == Slot.PARKED
          || state == Slot.CHECKING
          || Slot.isUnshared(word)) {
        available++;
      }
    }
    return available;
  }

  List<ConnectionStats> connections() {
    List<ConnectionStats> connections = new ArrayList<>();
    for (Slot<C> slot : engine.table.all()) {
      ConnectionStats connection = look(slot);
      if (connection != null) {
        connections.add(connection);
      }
    }
    connections.sort(Comparator.comparing(ConnectionStats::number));
    return List.copyOf(connections);
  }

  private @Nullable ConnectionStats look(Slot<C> slot) {
    long serial = slot.serial;
    long word = slot.word;
    Duration age = Duration.ofNanos(Math.max(0, engine.now() - slot.bornAt));
    int leases = Slot.state(word) == Slot.LEASED ? 1 : Slot.shares(word);
    ConnectionStats.State state =
        switch (Slot.state(word)) {
          case Slot.IDLE, Slot.PARKED -> ConnectionStats.State.IDLE;
          case Slot.LEASED -> ConnectionStats.State.LEASED;
          case Slot.SHARED ->
              leases > 0 ? ConnectionStats.State.LEASED : ConnectionStats.State.IDLE;
          case Slot.CHECKING -> ConnectionStats.State.CHECKING;
          default -> null; // none yet, or none any more
        };
    VarHandle.acquireFence(); // the plain read of bornAt comes before the second look at the serial
    if (state == null || slot.serial != serial) { // replaced meanwhile: the next look shows it
      return null;
    }
    return new ConnectionStats(serial, state, leases, Slot.isDoomed(word), age);
  }

  PoolStats stats() {
    Map<CloseReason, Long> closedBy = engine.chronicle.closedBy();
    int[] states = new int[Slot.SHARED + 1];
    int shared = 0;
    int shares = 0;
    for (Slot<C> slot : engine.table.all()) {
      long word = slot.word;
      states[Slot.state(word)]++;
      if (Slot.state(word) == Slot.SHARED && Slot.shares(word) > 0) {
        shared++;
        shares += Slot.shares(word);
      }
    }
    return new PoolStats(
        states[Slot.IDLE] + states[Slot.PARKED] + states[Slot.SHARED] - shared,
        states[Slot.LEASED] + shared,
        states[Slot.CHECKING],
        states[Slot.DIALING],
        engine.queue.countWaiting() + engine.renewals.size(),
        states[Slot.LEASED] + shares,
        engine.supply.countDialed(),
        engine.supply.countFailures(),
        closedBy.values().stream().mapToLong(Long::longValue).sum(),
        engine.disposer.countFailures(),
        timeouts.sum(),
        misuses.sum(),
        engine.calls.countAbandoned(),
        engine.chronicle.countLostEvents(),
        closedBy,
        engine.chronicle.waits(),
        leaseTimes(),
        engine.chronicle.lastDialFailure(),
        engine.chronicle.lastWords());
  }
}
