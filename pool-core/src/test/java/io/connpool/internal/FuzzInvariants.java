package io.connpool.internal;

import io.connpool.ConnectionStats;
import io.connpool.PoolStats;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What must be true of a pool: at every moment, when nobody is in the middle of the engine's code,
 * and when everything that could be done has been done. Named after the invariants of the design.
 */
final class FuzzInvariants {
  private final FuzzWorld world;
  private final FuzzTransport transport;
  private final FuzzUsers users;
  private final Engine<FuzzConn> engine;
  private int mostWaiters;

  /**
   * After the limit was lowered there may be as many connections as there were, and the dial that
   * was just being begun under the limit before.
   */
  private int allowed;

  /** The last step in which more than one waited. */
  private int lastCrowd;

  FuzzInvariants(FuzzWorld world, FuzzTransport transport, FuzzUsers users) {
    this.world = world;
    this.transport = transport;
    this.users = users;
    this.engine = transport.engine;
    allowed = engine.settings().hardLimit;
  }

  // --- always ---

  /** Never more connections than allowed (S2), and none in two places (S1, S3). */
  void checkAlways() {
    int occupied = 0;
    for (Slot<FuzzConn> slot : engine.table.all()) {
      int state = Slot.state(slot.word);
      if (state != Slot.EMPTY && state != Slot.CLOSING) { // surplus is counted out before it is out
        occupied++;
      }
      FuzzConn here = slot.connection;
      if (here != null && Slot.state(slot.word) != Slot.DIALING) {
        require(here.closes == 0, here + " is closed and in a slot");
      }
    }
    int limit = engine.settings().hardLimit;
    int most = transport.limitsChanged() ? Math.max(limit, allowed) : limit;
    require(occupied <= most, occupied + " connections and dials, but " + most + " allowed");
    require(engine.supply.open() <= most, engine.supply.open() + " are counted");
    allowed = Math.max(occupied, engine.supply.open()) + 1;
    if (users.callers.size() > 1) {
      lastCrowd = world.step();
    }
    mostWaiters = Math.max(mostWaiters, engine.queue.size());
  }

  // --- when nobody is in the middle of anything ---

  void checkSettled() {
    checkSlots();
    checkCallersInTime();
    PoolStats stats = engine.census.stats();
    checkFigures(stats);
    if (world.hasEnded()) {
      require(stats.pending() == 0, "an ended pool keeps somebody waiting");
    }
  }

  private void checkSlots() {
    Set<FuzzConn> seen = new HashSet<>();
    int open = 0;
    int dialing = 0;
    for (Slot<FuzzConn> slot : engine.table.all()) {
      long word = slot.word;
      int state = Slot.state(word);
      FuzzConn here = slot.connection;
      open += state == Slot.EMPTY ? 0 : 1;
      dialing += state == Slot.DIALING ? 1 : 0;
      require(state != Slot.CLOSING, "a slot is left in the middle of a close");
      if (state == Slot.EMPTY || state == Slot.DIALING) {
        require(!Slot.isDoomed(word), "there is nothing in it that could be doomed");
        continue;
      }
      require(here != null && seen.add(here), here + " is in two slots");
      require(
          state != Slot.IDLE && state != Slot.PARKED || !Slot.isDoomed(word),
          here + " is doomed and lendable");
      require(
          state != Slot.SHARED || Slot.shares(word) > 0 || !Slot.isDoomed(word),
          here + " is doomed and nobody will close it");
      require(
          !engine.isClosed()
              || state == Slot.LEASED
              || state == Slot.CHECKING
              || Slot.shares(word) > 0,
          here + " is kept by a closed pool");
    }
    require(open == engine.supply.open(), open + " are open, not " + engine.supply.open());
    require(dialing == engine.supply.dialing(), dialing + " dial, not " + engine.supply.dialing());
    for (FuzzUsers.Held held : users.held) {
      FuzzConn connection = held.connection;
      require(
          connection.shared || seen.contains(connection) || engine.isClosed(),
          () -> held + " has lost its connection");
    }
  }

  /** L3: whoever has waited for as long as he would has been told. */
  private void checkCallersInTime() {
    for (FuzzUsers.Caller caller : users.callers) {
      Fibre fibre = caller.fibre;
      require(
          fibre == null || fibre.late || fibre.parkedUntil - caller.deadline <= 0,
          () -> caller + " sleeps beyond its deadline");
    }
  }

  private void checkFigures(PoolStats stats) {
    int left = engine.table.all().length;
    for (Slot<FuzzConn> slot : engine.table.all()) {
      left -= Slot.state(slot.word) == Slot.EMPTY ? 1 : 0;
    }
    require(
        stats.total() + stats.dialing() == left, () -> "not each slot is counted once: " + stats);
    checkEachByItself(stats);
    require(stats.dialed() == transport.connections.size(), () -> "dialed: " + stats);
    long proving =
        transport.running.stream()
            .filter(r -> r.function == FuzzTransport.Function.HEARTBEAT && !r.isCut())
            .filter(r -> !isInSlot(r.connection))
            .count();
    require(
        stats.dialed() - stats.closed() == stats.total() + proving,
        () -> "connections that exist: " + stats + ", " + proving + " in their first heartbeat");
    long cut = transport.running.stream().filter(FuzzTransport.Running::isCut).count();
    long late = transport.running.stream().filter(r -> r.mayBeLate && !r.isCut()).count();
    require(
        stats.abandoned() >= cut && stats.abandoned() <= cut + late,
        () -> cut + " calls were cut and hang: " + stats);
    require(
        stats.misuses() == users.misuses,
        () -> users.misuses + " leases were ended twice: " + stats);
    require(
        stats.timeouts() >= users.timeouts, () -> users.timeouts + " callers timed out: " + stats);
  }

  private void checkEachByItself(PoolStats stats) {
    List<ConnectionStats> each = engine.census.connections();
    Map<ConnectionStats.State, Long> counts =
        each.stream().collect(Collectors.groupingBy(ConnectionStats::state, Collectors.counting()));
    require(
        counts.getOrDefault(ConnectionStats.State.IDLE, 0L) == stats.idle()
            && counts.getOrDefault(ConnectionStats.State.LEASED, 0L) == stats.leased()
            && counts.getOrDefault(ConnectionStats.State.CHECKING, 0L) == stats.checking()
            && each.stream().mapToInt(ConnectionStats::leases).sum() == stats.leases(),
        () -> stats + ", but one by one " + each);
  }

  private boolean isInSlot(FuzzConn connection) {
    for (Slot<FuzzConn> slot : engine.table.all()) {
      if (slot.connection == connection) {
        return true;
      }
    }
    return false;
  }

  // --- when everything is at rest ---

  void checkAtRest() {
    checkSettled();
    checkLeases();
    checkWaiters();
    checkHeir();
    checkDemand();
    checkExpiry();
    for (FuzzUsers.Caller caller : users.renewing) {
      require(!caller.isOverdue(), () -> caller + " waits for too long for a second connection");
    }
    for (FuzzUsers.Caller caller : users.callers) {
      if (caller.queuedIn == 0) {
        caller.queuedIn = world.step();
      }
    }
  }

  /** S1, S5: what is out in the slots is what users have, lease by lease. */
  private void checkLeases() {
    PoolStats stats = engine.census.stats();
    int leases = 0;
    for (Slot<FuzzConn> slot : engine.table.all()) {
      long word = slot.word;
      FuzzConn here = slot.connection;
      int out =
          switch (Slot.state(word)) {
            case Slot.LEASED -> 1;
            case Slot.SHARED -> Slot.shares(word);
            default -> 0;
          };
      leases += out;
      if (here != null && Slot.state(word) != Slot.DIALING) {
        require(here.owners == out, () -> here + " is out " + out + " times, not " + here.owners);
      }
      require(
          Slot.state(word) != Slot.CHECKING
              || transport.running.stream().anyMatch(r -> r.connection == here),
          () -> here + " is being checked by nobody");
    }
    int expected = leases;
    require(stats.leases() == expected, () -> expected + " leases: " + stats);
    require(
        stats.timeouts() <= users.timeouts + users.cancelled,
        () -> users.timeouts + " callers timed out: " + stats);
    long closing = transport.connections.stream().filter(c -> c.closes > 0).count();
    require(
        stats.closed() == closing
            || transport.runningCloses() >= 8
            || (stats.closed() > closing && world.everLackedThreads()),
        () -> closing + " closes were asked for: " + stats);
  }

  /** L1: nobody waits for what is there. */
  private void checkWaiters() {
    int waiting = users.callers.size();
    int size = engine.queue.size();
    require(waiting == size, () -> users.callers + " wait, but " + size + " are counted");
    require(
        engine.queue.countWaiting() == waiting,
        () -> waiting + " wait, but " + engine.queue.countWaiting() + " are in line");
    require(
        engine.queue.places() <= waiting + mostWaiters + 66,
        () -> engine.queue.places() + " places are left behind by those who left");
    require(!engine.queue.isWakeUpOutstanding(), "a wake-up is outstanding, but nobody is awake");
    if (waiting == 0) {
      require(!engine.queue.hasHeir(), "somebody is heir, but nobody waits");
      return;
    }
    require(!engine.isClosed(), () -> users.callers + " wait for a closed pool");
    long provenAfter = engine.checks.provenAfter();
    for (Slot<FuzzConn> slot : engine.table.all()) {
      long word = slot.word;
      require(
          !Slot.isIdle(word)
              && !slot.hasRoom(word)
              && !(Slot.isParked(word) && slot.capacity > 0 && slot.provenAt - provenAfter >= 0),
          () -> users.callers + " wait, and " + slot.connection + " is there");
    }
    for (FuzzUsers.Caller caller : users.callers) {
      require(!caller.isOverdue(), () -> caller + " waits for too long (L3)");
      require(
          !engine.settings().config.fair()
              || engine.transport.probes
              || mayHaveLostItsTurn(caller)
              || caller.queuedIn == 0
              || caller.queuedIn >= users.latestServed,
          () -> caller + " was overtaken in a fair pool");
    }
  }

  /** Whether a connection that was on its way to it may have come to its end. */
  private boolean mayHaveLostItsTurn(FuzzUsers.Caller caller) {
    return engine.census.countDoomed() > 0 || engine.census.stats().closed() > caller.closedBefore;
  }

  /**
   * L6: one who was woken in vain gets the next connection that is released. Looked at where it can
   * be told for certain: he is the only one who waits.
   */
  private void checkHeir() {
    if (users.callers.size() != 1 || engine.settings().config.fair() || engine.transport.probes) {
      return;
    }
    FuzzUsers.Caller alone = users.callers.get(0);
    boolean inVain = alone.fibre != null && alone.fibre.woken && alone.since > lastCrowd;
    if (!inVain || engine.transport.mayShare || mayHaveLostItsTurn(alone)) {
      return;
    }
    require(engine.queue.hasHeir(), () -> alone + " was woken in vain and is not heir");
    if (alone.heirSince == 0) {
      alone.heirSince = world.step();
    }
    require(alone.heirSince >= users.latestServed, () -> alone + " was overtaken once more (L6)");
  }

  /** What is kept for nobody goes in time: beyond maxIdle what is idle, and whatever is old. */
  private void checkExpiry() {
    if (engine.isClosed() || engine.transport.probes) { // a probe may make it available as if used
      return;
    }
    long margin = 2_000_000_000L + engine.table.all().length * 1_000_000_000L;
    long idleLimit = Nanos.orForever(engine.settings().config.idleTimeout());
    long ageLimit = Nanos.orForever(engine.settings().config.maxLifetime());
    int overstayed = 0;
    for (Slot<FuzzConn> slot : engine.table.all()) {
      FuzzConn here = slot.connection;
      int state = Slot.state(slot.word);
      if (here == null || (state != Slot.IDLE && state != Slot.PARKED)) {
        continue;
      }
      long unused = Math.min(world.now() - here.provenAt, world.undisturbed());
      overstayed += unused - margin >= idleLimit ? 1 : 0;
      long age = world.now() - here.bornAt;
      require(
          age - ageLimit / 10 - engine.settings().dialTimeout - margin < ageLimit
              || world.undisturbed() < engine.settings().dialTimeout + margin,
          () -> here + " is kept at the age of " + Nanos.text(age));
    }
    int kept = overstayed;
    require(kept <= engine.settings().config.maxIdle(), () -> kept + " are kept idle for too long");
  }

  /** L2: everything that is lacking has been begun. So to look once more changes nothing. */
  private void checkDemand() {
    int available = engine.census.countAvailable() + engine.supply.dialing();
    boolean replaced = engine.settings().config.minIdle() > 0 || engine.transport.mayShare;
    boolean spares = replaced && !engine.settings().config.maxLifetime().isZero();
    if (available < engine.settings().config.minIdle() || spares) {
      return; // an acquire that finds something does not look for more; the keeper will
    }
    List<Integer> before = states();
    engine.supply.replenish();
    require(
        world.requests() == 0 && states().equals(before),
        () -> "something was lacking and had not been begun: " + engine.census.stats());
  }

  private List<Integer> states() {
    List<Integer> states = new ArrayList<>();
    for (Slot<FuzzConn> slot : engine.table.all()) {
      states.add(Slot.state(slot.word));
    }
    return states;
  }

  private void require(boolean holds, String otherwise) {
    require(holds, () -> otherwise);
  }

  private void require(boolean holds, java.util.function.Supplier<String> otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise.get());
    }
  }
}
