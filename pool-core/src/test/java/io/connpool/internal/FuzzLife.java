package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.Health;
import io.connpool.PoolBuilder;
import io.connpool.PoolStats;
import io.connpool.PoolsUnderTest;
import io.connpool.WhenExhausted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** The life of one pool, from its settings to its end. */
final class FuzzLife {
  /** More callers would only wait longer. */
  private static final int MOST_CALLERS = 12;

  private static final int MOST_HELD = 20;

  /** In good conditions everything is over within this; the longest limit of a dial is 5 s. */
  private static final Duration SOON = Duration.ofSeconds(7);

  private static final Duration STEP = Duration.ofMillis(100);

  final FuzzWorld world;
  final FuzzTrace trace;
  final FuzzSettings settings;
  final FuzzTransport transport;
  final FuzzUsers users;
  private final DefaultConnPool<FuzzConn> pool;
  private final Engine<FuzzConn> engine;
  private final FuzzInvariants invariants;
  private final List<FuzzCommand> commands = new ArrayList<>();

  /** When the pool must have ended; set once it closes. */
  private long endsBy;

  private boolean closing;
  private int commandsAfterEnd;
  private final List<Boolean> closes = Collections.synchronizedList(new ArrayList<>());

  FuzzLife(RandomGenerator random, FuzzTrace trace) {
    this.trace = trace;
    long[] origins = {0, -1_000_000_000L, 1_000_000_000_000L, Long.MAX_VALUE - 5_000_000_000L};
    world = new FuzzWorld(random, trace, origins[random.nextInt(origins.length)]);
    settings = FuzzSettings.draw(random);
    trace.add("a pool with " + settings);
    transport = FuzzTransport.create(world, trace, settings);
    transport.capacity = sharers();
    pool =
        (DefaultConnPool<FuzzConn>)
            PoolsUnderTest.build(settings.builder(transport), world.environment());
    engine = pool.engine;
    transport.engine = engine;
    users = new FuzzUsers(world, transport, trace, settings, pool);
    invariants = new FuzzInvariants(world, transport, users);
    world.watchedBy(invariants::checkAlways);
    world.preempt(settings.preemptions());
    drawCommands(random);
  }

  /** Some commands are left out, so that others come in longer rows. */
  private void drawCommands(RandomGenerator random) {
    Map<FuzzCommand, Integer> weights = new EnumMap<>(FuzzCommand.class);
    for (FuzzCommand command : FuzzCommand.values()) {
      weights.put(command, random.nextInt(6) == 0 ? 0 : command.weight);
    }
    weights.put(FuzzCommand.RELEASE, FuzzCommand.RELEASE.weight);
    weights.put(FuzzCommand.CLOSE, FuzzCommand.CLOSE.weight);
    weights.put(FuzzCommand.LACK_THREADS, random.nextInt(10) == 0 ? 3 : 0);
    weights.forEach(
        (command, weight) -> {
          for (int i = 0; i < weight; i++) {
            commands.add(command);
          }
        });
  }

  /** Does one thing and looks at what came of it. False when the pool's life is over. */
  boolean step() {
    if (world.hasEnded() && commandsAfterEnd++ > 20) {
      return false;
    }
    FuzzCommand command = world.pick(commands);
    trace.add(command.toString());
    if (!command.run(this)) {
      trace.add("  no");
    }
    switch (world.random.nextInt(4)) {
      case 0 -> settle();
      case 1 -> rest();
      default -> {}
    }
    return true;
  }

  void settle() {
    world.settle();
    checkEnd();
    invariants.checkSettled();
  }

  void rest() {
    world.rest();
    checkEnd();
    invariants.checkAtRest();
  }

  /** L5: the pool has ended in time. */
  private void checkEnd() {
    if (world.hasEnded()) {
      world.awaitBlocked();
    } else if (closing && endsBy - world.now() <= 0) {
      throw new AssertionError("the close takes longer than its grace and a second (L5)");
    }
  }

  // --- what commands need ---

  boolean mayAsk() {
    return users.callers.size() < MOST_CALLERS && users.held.size() < MOST_HELD;
  }

  /** How many may share a new connection; perhaps nobody. */
  int sharers() {
    return settings.shares() ? world.random.nextInt(4) : 1;
  }

  Duration timeout() {
    return switch (world.random.nextInt(8)) {
      case 0 -> Duration.ZERO;
      case 1 -> Duration.ofNanos(1);
      case 2 -> Duration.ofMillis(1);
      case 3 -> Duration.ofMillis(100);
      case 4 -> Duration.ofSeconds(1);
      case 5 -> Duration.ofSeconds(Long.MAX_VALUE);
      default -> Duration.ofSeconds(30);
    };
  }

  /** From a millisecond to a hundred passes of the keeper. */
  Duration span() {
    long millis = 1L << world.random.nextInt(11);
    boolean slowKeeper =
        settings.heartbeatInterval().toMillis() >= 10_000
            || settings.idleTimeout().toMillis() >= 10_000;
    return Duration.ofMillis(world.chance(100) && slowKeeper ? millis * 100 : millis);
  }

  /**
   * Time passes while workers stand still, work, work with functions that return soon, or while
   * some threads that were in the middle of something do not run.
   */
  void advance(Duration span) {
    int pace = world.random.nextInt(4);
    trace.add("  by " + span + ", pace " + pace);
    if (pace == 3) {
      world.advanceHoldingUp(span, world.random.nextBoolean() ? world::settle : world::rest);
      return;
    }
    world.advance(
        span,
        () -> {
          if (pace == 0) {
            settle();
          } else {
            rest();
            if (pace == 2 && world.random.nextBoolean() && returnOne()) {
              rest();
            }
          }
        });
  }

  /** One of the transport's functions goes on. */
  boolean returnOne() {
    List<Fibre> calling = world.in(Fibre.State.CALLING);
    if (calling.isEmpty()) {
      return false;
    }
    world.resume(world.pick(calling));
    return true;
  }

  void changeMood() {
    for (FuzzTransport.Function function : FuzzTransport.Function.values()) {
      FuzzTransport.Mood[] moods = FuzzTransport.Mood.values();
      transport.mood(
          function,
          world.random.nextBoolean()
              ? FuzzTransport.Mood.GOOD
              : moods[world.random.nextInt(moods.length)]);
    }
  }

  // --- what the pool's owner does ---

  void resize() {
    int most = 1 + world.random.nextInt(6);
    int idle = world.random.nextInt(most + 1);
    int ready = world.chance(700) ? 0 : world.random.nextInt(most + 1);
    int dials = 1 + world.random.nextInt(4);
    trace.add("  to %d, maxIdle %d, minIdle %d, %d dials".formatted(most, idle, ready, dials));
    int overflow = settings.whenExhausted() == WhenExhausted.OVERFLOW ? most + 1 : 0;
    reconfigure(
        builder -> {
          builder.maxActive(most).maxIdle(idle).minIdle(ready).maxConcurrentDials(dials);
          return overflow > 0 ? builder.hardMax(overflow) : builder;
        });
  }

  void reconfigure(UnaryOperator<PoolBuilder<FuzzConn>> change) {
    world.begin(
        "reconfigure",
        () -> {
          transport.limitsChange();
          world.disturb();
          pool.reconfigure(change);
          transport.mayDialAtOnce(engine.settings().config.maxConcurrentDials());
        });
  }

  /** Whatever was lendable before is not lent to anybody who asks afterwards. */
  void evictAll() {
    List<FuzzConn> before = transport.connections.stream().filter(c -> c.closes == 0).toList();
    transport.evicts = true;
    pool.evictAll();
    before.forEach(connection -> connection.bad(CloseReason.EVICTED, world.step()));
  }

  void suspectAll() {
    pool.suspectAll();
  }

  void warmUp() {
    int most = engine.settings().limit;
    int target = world.random.nextInt(Math.min(most, 6) + 1);
    int atOnce = 1 + world.random.nextInt(6);
    Duration limit = Duration.ofMillis(world.random.nextInt(3) * 1_000L);
    trace.add("  to %d, %d at once, within %s".formatted(target, atOnce, limit));
    transport.mayDialAtOnce(atOnce);
    world.begin(
        "warm-up",
        () -> {
          try {
            int exist = pool.warmUp(target, atOnce, limit, count -> {});
            trace.add("    warm: " + exist);
          } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
          } catch (IllegalArgumentException tooMany) {
            trace.add("    the limit is lower by now");
          }
        });
  }

  /** The server is gone, and with it what was connected to it. */
  void outage() {
    transport.mood(FuzzTransport.Function.DIAL, FuzzTransport.Mood.DOWN);
    for (FuzzConn connection : transport.connections) {
      if (connection.closes == 0) {
        connection.mute = true;
        connection.health = Health.STALE;
      }
    }
  }

  void close(Duration grace) {
    trace.add("  within " + grace);
    long now = world.now();
    world.beginBlocking("close", () -> closes.add(pool.close(grace)));
    if (!closing) {
      closing = true;
      endsBy = now + grace.toNanos() + 1_000_000_000L;
    }
  }

  /**
   * Everything works from now on, and users give back what they have: soon nobody waits, nothing is
   * out and nothing is under way.
   */
  void calm() {
    if (closing) {
      return;
    }
    world.lackThreads(false);
    for (FuzzTransport.Function function : FuzzTransport.Function.values()) {
      transport.mood(function, FuzzTransport.Mood.GOOD);
    }
    transport.capacity = settings.shares() ? 1 + world.random.nextInt(3) : 1;
    for (FuzzConn connection : transport.connections) {
      if (connection.closes == 0 && connection.capacity == 0) {
        world.begin("calm", () -> transport.signalCapacity(connection, 1));
      }
    }
    long deadline = world.now() + SOON.toNanos();
    giveBack();
    while (!isCalm()) {
      if (world.now() - deadline > 0) {
        throw new AssertionError(
            "it does not come to rest though everything works: " + pool.stats());
      }
      world.advance(STEP, this::giveBack);
    }
    trace.add("  calm: " + pool.stats());
  }

  private void giveBack() {
    rest();
    while (returnOne() || giveBackOne()) {
      rest();
    }
  }

  private boolean giveBackOne() {
    for (FuzzUsers.Held held : users.held) {
      if (held.lease != null) {
        world.begin("release", () -> users.end(held, false));
        return true;
      }
      if (held.isFinishable()) {
        users.finish(held);
        return true;
      }
    }
    return false;
  }

  private boolean isCalm() {
    PoolStats stats = pool.stats();
    return stats.pending() == 0
        && stats.leased() == 0
        && stats.dialing() == 0
        && stats.checking() == 0
        && stats.abandoned() == 0
        && stats.idle() >= engine.settings().config.minIdle()
        && engine.supply.open() <= engine.settings().limit;
  }

  /** The end: whatever happened before, nothing is left. */
  void end() {
    world.lackThreads(false);
    for (FuzzTransport.Function function : FuzzTransport.Function.values()) {
      transport.mood(function, FuzzTransport.Mood.GOOD);
    }
    if (!closing) {
      calm();
      close(Duration.ofMillis(world.random.nextInt(3) * 200L));
    }
    for (int i = 0; i < 20; i++) {
      giveBack();
      world.advance(STEP, this::giveBack);
    }
    PoolStats stats = pool.stats();
    check(world.hasEnded(), "the pool has not ended");
    check(users.callers.isEmpty(), users.callers + " still wait");
    check(stats.total() + stats.dialing() + stats.abandoned() == 0, "something is left: " + stats);
    check(world.requests() == 0 && world.alarms() == 0, "work is left");
    check(stats.dialed() == stats.closed(), "something is open: " + stats);
    for (FuzzConn connection : transport.connections) {
      // a pool that ends while no thread can be created has nobody who could close them
      boolean excused = connection.closes == 0 && world.everLackedThreads();
      check(
          connection.closes == 1 || excused,
          connection + " was closed " + connection.closes + " times");
    }
    trace.add("ended: " + stats + ", " + closes);
    world.abandon();
  }

  /** Ends all threads of a life that went wrong. */
  void abandon() {
    world.abandon();
  }

  /** The pool as it is, for the report. */
  String describe() {
    StringBuilder text = new StringBuilder(pool.stats().toString());
    for (Slot<FuzzConn> slot : engine.table.all()) {
      long word = slot.word;
      text.append(
          "\nslot %d: state %d%s, %s, %d of %d shares"
              .formatted(
                  slot.index,
                  Slot.state(word),
                  Slot.isDoomed(word) ? " doomed" : "",
                  slot.connection,
                  Slot.shares(word),
                  slot.capacity));
    }
    users.callers.forEach(caller -> text.append('\n').append(caller.describe()));
    users.held.forEach(held -> text.append('\n').append(held));
    return text.append('\n').append(world).toString();
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
