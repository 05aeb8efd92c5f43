package io.connpool.internal;

import io.connpool.CloseReason;
import io.connpool.ConnSignals;
import io.connpool.DialContext;
import io.connpool.Health;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The attempts to fill one reserved slot. Ends with exactly one call of {@link Supply#succeeded} or
 * {@link Supply#failed}.
 */
final class DialEpisode<C> {
  private final Engine<C> engine;
  final Slot<C> slot;
  private final DialPacing.Episode pacing;
  private final Supply<C>.Help help;

  /** When it began, and the youngest waiter by then. */
  final long begun;

  final long ticket;
  private int attempts;

  DialEpisode(Engine<C> engine, Slot<C> slot, DialPacing.Episode pacing, Supply<C>.Help help) {
    this.engine = engine;
    this.slot = slot;
    this.pacing = pacing;
    this.help = help;
    this.begun = engine.now();
    this.ticket = engine.queue.lastTicket();
  }

  /** Begins the next attempt. */
  void begin() {
    attempts++;
    new Attempt(attempts).start(engine.settings().dialTimeout);
  }

  private void attemptFailed(long nanos, Throwable failure) {
    engine.supply.attemptFailed(attempts, nanos, failure);
    long pause = engine.isClosed() ? -1 : pacing.after(failure);
    if (pause >= 0) {
      engine.supply.pause(this, engine.now() + pause);
    } else {
      engine.supply.failed(this, attempts, failure, help);
    }
  }

  /** One dial and its first heartbeat, under one limit. */
  private final class Attempt extends TimedCall<C> implements DialContext {
    private final int number;
    private final long begun = engine.now();
    private final long deadline = begun + engine.settings().dialTimeout;
    private final Flight.@Nullable Dial event = Flight.begun(new Flight.Dial());
    private final Signals<C> signals = new Signals<>(engine, engine.supply.nextSerial());

    /** What the dial returned, until somebody takes it: the pool, or whoever closes it. */
    private final AtomicReference<C> dialed = new AtomicReference<>();

    Attempt(int number) {
      super(engine.calls);
      this.number = number;
    }

    @Override
    C call() throws Exception {
      if (engine.isClosed()) {
        throw new IllegalStateException("the pool is closed");
      }
      C connection = engine.transport.dial(this);
      if (connection == null) {
        throw new IllegalStateException("dial returned null");
      }
      if (!engine.transport.canClose(connection)) {
        throw new IllegalStateException(
            connection.getClass().getName()
                + " is not AutoCloseable and no close function was given");
      }
      engine.supply.connected();
      dialed.set(connection);
      if (isCut()) {
        closeDialed(CloseReason.LATE);
      } else if (engine.transport.heartbeats) {
        engine.transport.heartbeat(connection, remaining());
      }
      return connection;
    }

    @Override
    void succeeded(C connection) {
      dialed.set(null);
      int shares = engine.transport.capacity(connection);
      CloseReason defect = defectOf(connection);
      if (defect == null) {
        engine.chronicle.dialed(number, engine.now() - begun);
        record(null);
        engine.supply.succeeded(slot, connection, shares, signals, help);
      } else {
        record(defect);
        engine.supply.stillborn(slot, connection, defect, number, engine.now() - begun, help);
      }
    }

    /** What is wrong with a new connection, so that it must not even be published; or null. */
    private @Nullable CloseReason defectOf(C connection) {
      Health health = engine.transport.probes ? engine.transport.probe(connection) : Health.UNKNOWN;
      // asked last, because it may signal its end while the user's functions look at it
      return health.isUsable() ? signals.end() : Lending.reason(health);
    }

    @Override
    void failed(Throwable failure) {
      record(failure);
      closeDialed(CloseReason.HEARTBEAT); // which, if it still hangs in its heartbeat, ends that
      attemptFailed(engine.now() - begun, failure);
    }

    private void record(@Nullable Object failure) {
      if (event != null) {
        event.end(engine.name, number, failure);
      }
    }

    @Override
    void late(C connection) {
      closeDialed(CloseReason.LATE);
    }

    private void closeDialed(CloseReason reason) {
      C connection = dialed.getAndSet(null);
      if (connection != null) {
        engine.disposer.dispose(connection, reason);
      }
    }

    @Override
    public Duration remaining() {
      return isCut() ? Duration.ZERO : Duration.ofNanos(Math.max(0, deadline - engine.now()));
    }

    @Override
    public int attempt() {
      return number;
    }

    @Override
    public boolean cancelled() {
      return isCut() || engine.isClosed();
    }

    @Override
    public Map<String, Object> attributes() {
      return engine.settings().config.attributes();
    }

    @Override
    public ConnSignals signals() {
      return signals;
    }
  }
}
