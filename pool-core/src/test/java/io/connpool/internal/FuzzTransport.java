package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A transport whose functions do what their mood says, and that looks with each call whether the
 * pool may make it: on this connection, at this time, for this reason.
 */
class FuzzTransport implements Transport<FuzzConn> {

  /** The functions that may wait. */
  enum Function {
    DIAL,
    HEARTBEAT,
    CLOSE
  }

  /** How a function behaves: of a thousand calls so many fail, wait, and ignore interrupts. */
  enum Mood {
    GOOD(0, 0, 0),
    FLAKY(300, 200, 100),
    DOWN(1000, 0, 0),
    SLOW(0, 1000, 0),
    BAD(500, 500, 300),
    BLACK_HOLE(1000, 1000, 500);

    private final int fails;
    private final int waits;
    private final int deaf;

    Mood(int fails, int waits, int deaf) {
      this.fails = fails;
      this.waits = waits;
      this.deaf = deaf;
    }
  }

  /** A function that is running. */
  static final class Running {
    final Function function;
    final @Nullable FuzzConn connection;
    final @Nullable Fibre fibre = Fibre.current();
    private boolean interruptSeen;

    Running(Function function, @Nullable FuzzConn connection) {
      this.function = function;
      this.connection = connection;
    }

    /** Whether it may have been cut off before it began, which only a close survives. */
    boolean mayBeLate;

    boolean isCut() {
      return interruptSeen || (fibre != null && fibre.isInterrupted());
    }
  }

  private final FuzzWorld world;
  private final FuzzTrace trace;
  private final FuzzSettings settings;
  private final Map<Function, Mood> moods = new EnumMap<>(Function.class);
  final List<FuzzConn> connections = new ArrayList<>();
  final List<Running> running = new ArrayList<>();

  /** What connections say when they are asked how many may share them. */
  int capacity = 1;

  private int mostDials;
  private boolean limitsChanged;

  /** Whether everything was ever evicted, what was being dialed then included. */
  boolean evicts;

  /** Set as soon as there is a pool; nothing is called before. */
  Engine<FuzzConn> engine;

  FuzzTransport(FuzzWorld world, FuzzTrace trace, FuzzSettings settings) {
    this.world = world;
    this.trace = trace;
    this.settings = settings;
    for (Function function : Function.values()) {
      moods.put(function, Mood.GOOD);
    }
  }

  /** A transport with those optional functions that the settings ask for. */
  static FuzzTransport create(FuzzWorld world, FuzzTrace trace, FuzzSettings settings) {
    if (settings.shares()) {
      return settings.inspects()
          ? new SharingAndInspecting(world, trace, settings)
          : new Sharing(world, trace, settings);
    }
    return settings.inspects()
        ? new Inspecting(world, trace, settings)
        : new FuzzTransport(world, trace, settings);
  }

  /** So many dials at once were allowed at some time; those that began then go on. */
  void mayDialAtOnce(int howMany) {
    mostDials = Math.max(mostDials, howMany);
  }

  /** The limits of the pool are not any more those that it was built with. */
  void limitsChange() {
    limitsChanged = true;
  }

  boolean limitsChanged() {
    return limitsChanged;
  }

  void mood(Function function, Mood mood) {
    trace.add("  " + function + " is " + mood);
    moods.put(function, mood);
  }

  // --- functions that may wait ---

  @Override
  public @Nullable FuzzConn dial(DialContext context) throws Exception {
    check(!engine.isClosed(), "a closed pool dials");
    check(context.attempt() <= settings.dialAttempts(), "one attempt too many");
    Running me = begin(Function.DIAL, null);
    try {
      mayDialAtOnce(engine.settings().config.maxConcurrentDials());
      check(uncutDials() <= mostDials, "too many dials at once");
      perform(me);
      if (moods.get(Function.DIAL).fails > 0 && world.chance(50)) {
        trace.add("    dial returns null");
        return null;
      }
      FuzzConn connection = new FuzzConn(connections.size() + 1, context, world.now(), capacity);
      connections.add(connection);
      trace.add("    dialed " + connection);
      if (world.chance(20)) {
        signalEnd(connection, world.random.nextBoolean());
      }
      return connection;
    } finally {
      running.remove(me);
    }
  }

  private long uncutDials() {
    return running.stream().filter(r -> r.function == Function.DIAL && !r.isCut()).count();
  }

  /** The heartbeat. */
  void check(FuzzConn connection, Duration limit) throws Exception {
    check(connection.owners == 0, connection + " gets a heartbeat while it is out");
    check(
        connection.closes == 0 || connection.context.cancelled(),
        connection + " gets a heartbeat after its close");
    Running me = begin(Function.HEARTBEAT, connection);
    try {
      perform(me);
      if (connection.mute) {
        throw new IOException(connection + " does not answer");
      }
      connection.provenAt = world.now();
      trace.add("    heartbeat of " + connection + " ok");
    } catch (Throwable failure) {
      connection.reasons.add(CloseReason.HEARTBEAT);
      throw failure;
    } finally {
      running.remove(me);
    }
  }

  @Override
  public void close(FuzzConn connection, CloseReason reason) throws Exception {
    trace.add("    close of " + connection + ", " + reason);
    check(++connection.closes == 1, connection + " is closed twice");
    connection.bad(reason, world.step());
    check(mayBeClosed(connection, reason), connection + " is closed because of " + reason);
    check(mayBeInUse(connection, reason), connection + " is closed while it is out: " + reason);
    for (Running other : running) {
      check(
          other.connection != connection || other.isCut(),
          () -> connection + " is closed during its " + other.function);
    }
    Running me = begin(Function.CLOSE, connection);
    me.mayBeLate =
        engine.isClosed()
            || world.everLackedThreads()
            || world.longestDelay() >= engine.settings().dialTimeout
            || (me.fibre != null && now() - me.fibre.askedAt >= engine.settings().dialTimeout);
    try {
      perform(me);
    } finally {
      running.remove(me);
    }
  }

  private boolean mayBeClosed(FuzzConn connection, CloseReason reason) {
    long now = world.now();
    return switch (reason) {
      case IDLE ->
          !settings.idleTimeout().isZero()
              && now - connection.bornAt >= settings.idleTimeout().toNanos();
      case LIFETIME -> now - connection.bornAt >= settings.maxLifetime().toNanos() * 9 / 10;
      case SURPLUS -> limitsChanged || engine.settings().hardLimit > engine.settings().limit;
      case LATE -> connection.context.cancelled();
      case POOL_CLOSED -> engine.isClosed();
      case LEAKED -> false; // no pool of the fuzzer watches leases
      case HEARTBEAT ->
          connection.reasons.contains(reason)
              || connection.context.cancelled()
              || engine.isClosed()
              || cutWhileItRuns(connection)
              || world.everLackedThreads()
              || world.longestDelay() >= engine.settings().dialTimeout;
      case STALE ->
          connection.reasons.contains(reason)
              || world.longestDelay() >= engine.settings().dialTimeout;
      case EVICTED -> evicts || connection.reasons.contains(reason);
      case DIRTY, INVALIDATED, RETIRED, DEAD -> connection.reasons.contains(reason);
    };
  }

  private boolean cutWhileItRuns(FuzzConn connection) {
    return running.stream().anyMatch(r -> r.connection == connection && r.isCut());
  }

  /** An exclusive connection is its holder's, unless the pool has ended under him. */
  private boolean mayBeInUse(FuzzConn connection, CloseReason reason) {
    if (connection.owners == 0 || engine.isClosed()) {
      return true;
    }
    return connection.shared
        && switch (reason) {
          case DEAD, INVALIDATED, STALE, DIRTY -> true;
          default -> false;
        };
  }

  private long now() {
    return world.now();
  }

  private Running begin(Function function, @Nullable FuzzConn connection) {
    Running me = new Running(function, connection);
    running.add(me);
    return me;
  }

  private void perform(Running me) throws Exception {
    boolean deaf = world.chance(moods.get(me.function).deaf);
    if (world.chance(moods.get(me.function).waits) && me.fibre != null) {
      noticeInterrupt(me, deaf);
      trace.add("    " + me.function + " waits" + (deaf ? ", deaf" : ""));
      me.fibre.suspend(Fibre.State.CALLING);
    }
    noticeInterrupt(me, deaf);
    if (world.chance(moods.get(me.function).fails)) {
      trace.add("    " + me.function + " fails");
      if (world.chance(200)) {
        throw new LinkageError("scripted error of " + me.function);
      }
      throw new IOException("scripted failure of " + me.function);
    }
  }

  private void noticeInterrupt(Running me, boolean deaf) throws InterruptedException {
    if (Thread.interrupted()) {
      me.interruptSeen = true;
      if (!deaf) {
        trace.add("    " + me.function + " is interrupted");
        throw new InterruptedException();
      }
    }
  }

  long runningCloses() {
    return running.stream().filter(r -> r.function == Function.CLOSE).count();
  }

  // --- functions that run inline ---

  /** The probe. */
  Health look(FuzzConn connection) {
    world.mayBePreempted();
    if (!connection.shared) {
      check(connection.owners == 0, connection + " is probed while it is out");
      check(connection.closes == 0 || engine.isClosed(), connection + " is probed after its close");
    }
    connection.probed = true;
    return seen(connection);
  }

  private Health seen(FuzzConn connection) {
    Health health = connection.health;
    if (health == Health.STALE || health == Health.DIRTY) {
      connection.bad(health == Health.STALE ? CloseReason.STALE : CloseReason.DIRTY, world.step());
      if (world.chance(100)) {
        connection.reasons.add(CloseReason.STALE);
        throw new IllegalStateException("scripted failure of a look");
      }
    }
    return health;
  }

  Health inspect(FuzzConn connection) {
    world.mayBePreempted();
    check(
        connection.shared || connection.owners == 0, connection + " is inspected while it is out");
    check(
        connection.shared || connection.closes == 0 || engine.isClosed(),
        connection + " is inspected after its close");
    return seen(connection);
  }

  int sharers(FuzzConn connection) {
    world.mayBePreempted();
    if (!connection.asked) {
      connection.asked = true;
      connection.shared = connection.capacity != 1;
    }
    return connection.capacity;
  }

  private static class Inspecting extends FuzzTransport {
    Inspecting(FuzzWorld world, FuzzTrace trace, FuzzSettings settings) {
      super(world, trace, settings);
    }

    @Override
    public Health onRelease(FuzzConn connection) {
      return inspect(connection);
    }
  }

  private static class Sharing extends FuzzTransport {
    Sharing(FuzzWorld world, FuzzTrace trace, FuzzSettings settings) {
      super(world, trace, settings);
    }

    @Override
    public int capacity(FuzzConn connection) {
      return sharers(connection);
    }
  }

  private static final class SharingAndInspecting extends Sharing {
    SharingAndInspecting(FuzzWorld world, FuzzTrace trace, FuzzSettings settings) {
      super(world, trace, settings);
    }

    @Override
    public Health onRelease(FuzzConn connection) {
      return inspect(connection);
    }
  }

  /** What a body that failed says itself. */
  Verdict judge(FuzzConn connection, Throwable failure) {
    world.mayBePreempted();
    if (failure instanceof FuzzUsers.BodyFailed expected) {
      return expected.verdict;
    }
    throw new IllegalStateException("scripted failure of classify");
  }

  // --- what the fuzzer does to connections ---

  /** The connection says that it is dead, or that it wants to be replaced. */
  void signalEnd(FuzzConn connection, boolean dead) {
    trace.add("  " + connection + (dead ? " says it is dead" : " asks to retire"));
    connection.reasons.add(dead ? CloseReason.DEAD : CloseReason.RETIRED);
    if (dead) {
      connection.context.signals().dead(new IOException("scripted"));
    } else {
      connection.context.signals().retire("scripted");
    }
    connection.bad(dead ? CloseReason.DEAD : CloseReason.RETIRED, world.step());
  }

  void signalCapacity(FuzzConn connection, int howMany) {
    trace.add("  " + connection + " may be shared by " + howMany);
    connection.capacity = howMany;
    connection.mostCapacity = Math.max(connection.mostCapacity, howMany);
    connection.context.signals().capacityChanged();
  }

  void check(boolean holds, String otherwise) {
    check(holds, () -> otherwise);
  }

  void check(boolean holds, Supplier<String> otherwise) {
    if (!holds) {
      world.fail(otherwise.get());
    }
  }
}
