package io.connpool.persistent;

import io.connpool.CloseReason;
import io.connpool.ConnSignals;
import io.connpool.DialContext;
import io.connpool.Transport;
import io.connpool.persistent.PersistentConnection.State;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The thread {@code connpool-<name>} of one persistent connection: dials, watches, pauses, dials
 * again. All user code but the listener runs on other threads, from which it can walk away.
 */
final class Redialer<C> {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** Calls that were cut off and have not come back; with so many, no more are begun. */
  private static final int MOST_CALLS = 4;

  /** What {@code close} has time for: half of the tenth of a second it promises. */
  private static final long FAREWELL_NANOS = Duration.ofMillis(50).toNanos();

  private final PersistentConnection<C> connection;
  private final PersistentBuilder<C> settings;
  private final Transport<C> transport;
  private final Backoff backoff;
  private final Thread thread;
  private final Semaphore calls = new Semaphore(MOST_CALLS);
  private State told = State.NEW;
  private long epochs;
  private int failedInARow;

  Redialer(PersistentConnection<C> connection, PersistentBuilder<C> settings) {
    this.connection = connection;
    this.settings = settings;
    transport = settings.transport;
    backoff = new Backoff(settings.min, settings.max, settings.random);
    thread = new Thread(this::run, "connpool-" + settings.name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (connection.state() != State.CLOSED) {
        tellState();
        dialOnce();
      }
    } catch (InterruptedException closed) {
      LOG.log(Level.TRACE, () -> settings.name + " is closed", closed);
    } finally {
      tellState();
    }
  }

  private void dialOnce() throws InterruptedException {
    C dialed;
    Attempt attempt = new Attempt(epochs + 1);
    try {
      dialed = limited("dial", () -> ready(attempt), late -> dispose(late, CloseReason.LATE));
    } catch (InterruptedException closed) {
      throw closed;
    } catch (Exception failure) {
      attempt.over = true;
      failed(failure);
      return;
    }
    if (connection.cameUp(dialed, attempt.epoch) == 0) {
      dispose(dialed, CloseReason.LATE);
      return;
    }
    epochs++;
    attempt.published();
    long since = System.nanoTime();
    tellState();
    watch(dialed, attempt.epoch);
    wasLost(attempt.epoch, System.nanoTime() - since);
  }

  private C ready(Attempt attempt) throws Exception {
    C dialed = Objects.requireNonNull(transport.dial(attempt), "dial returned null");
    try {
      PersistentBuilder.Handshake<? super C> handshake = settings.handshake;
      if (handshake != null) {
        handshake.greet(dialed);
      }
      return dialed;
    } catch (Throwable failure) {
      dispose(dialed, CloseReason.INVALIDATED);
      throw failure;
    }
  }

  private <R extends @Nullable Object> R limited(
      String what, Callable<R> call, Consumer<? super R> late) throws Exception {
    long limit = settings.dialTimeout.toNanos();
    calls.acquire(); // held up only by calls that never came back
    return new GuardedCall<R>("connpool-" + settings.name + "-" + what, call, late, calls::release)
        .start()
        .get(limit);
  }

  private void failed(Exception failure) throws InterruptedException {
    long pause = backoff.afterFailure(failure);
    int attempt = ++failedInARow;
    connection.stayedDown(failure);
    if (!connection.move(State.CONNECTING, State.BACKOFF)) {
      return;
    }
    tell(l -> l.onDialFailed(attempt, Duration.ofNanos(pause), failure));
    pause(pause);
  }

  private void wasLost(long epoch, long uptime) throws InterruptedException {
    Throwable cause = connection.whyDown();
    Throwable why = cause == null ? new IOException("closed") : cause;
    tell(l -> l.onLost(epoch, why));
    if (uptime >= settings.stableAfter.toNanos()) {
      failedInARow = 0;
      backoff.reset();
      pause(backoff.afterStableLink());
    } else {
      pause(backoff.afterFailure(why));
    }
  }

  private void pause(long nanos) throws InterruptedException {
    tellState();
    connection.awaitRedial(nanos);
    connection.move(State.BACKOFF, State.CONNECTING);
  }

  /** Until it is lost: nothing but heartbeats. */
  private void watch(C dialed, long epoch) throws InterruptedException {
    boolean never = settings.heartbeatInterval.isZero();
    long interval = never ? Long.MAX_VALUE : settings.heartbeatInterval.toNanos();
    while (!connection.awaitLoss(epoch, interval)) {
      try {
        limited(
            "heartbeat",
            () -> {
              transport.heartbeat(dialed, settings.dialTimeout);
              return true;
            },
            late -> {});
      } catch (InterruptedException closed) {
        throw closed;
      } catch (Exception failure) {
        connection.lost(epoch, failure);
      }
    }
  }

  /** Closes a connection, on a thread of its own. */
  void dispose(C dialed, CloseReason reason) {
    GuardedCall<Boolean> unused = closing(dialed, reason).start();
  }

  private GuardedCall<Boolean> closing(C dialed, CloseReason reason) {
    return new GuardedCall<>(
        "connpool-" + settings.name + "-close",
        () -> {
          try {
            transport.close(dialed, reason);
          } catch (Exception failure) {
            LOG.log(Level.WARNING, () -> settings.name + ": a close failed", failure);
          }
          return true;
        },
        late -> {},
        () -> {});
  }

  /** It was closed. Returns after a tenth of a second at most. */
  void end(@Nullable C last) {
    boolean interrupted = Thread.interrupted();
    try {
      if (last != null) {
        Boolean unused = closing(last, CloseReason.POOL_CLOSED).start().get(FAREWELL_NANOS);
      }
    } catch (Exception hangs) {
      LOG.log(Level.DEBUG, () -> settings.name + ": the last close takes long", hangs);
    }
    try {
      if (thread != Thread.currentThread() && thread.isAlive()) {
        thread.interrupt();
        thread.join(Duration.ofNanos(FAREWELL_NANOS).toMillis());
      }
    } catch (InterruptedException again) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void tellState() {
    State now = connection.state();
    State before = told;
    if (now != before) {
      told = now;
      tell(l -> l.onState(before, now));
    }
  }

  private void tell(Consumer<PersistentListener> what) {
    try {
      what.accept(settings.listener);
    } catch (RuntimeException | Error defect) {
      LOG.log(Level.WARNING, () -> settings.name + ": the listener failed", defect);
    }
  }

  /** One dial, and the way by which its connection reports its own end. */
  private final class Attempt implements DialContext, ConnSignals {
    private final long epoch;
    private final long end = System.nanoTime() + settings.dialTimeout.toNanos();
    private volatile boolean over;
    private volatile @Nullable Throwable deadEarly;

    Attempt(long epoch) {
      this.epoch = epoch;
    }

    /** A connection may be dead before anybody else knows it. */
    void published() {
      Throwable cause = deadEarly;
      if (cause != null) {
        connection.lost(epoch, cause);
      }
    }

    @Override
    public Duration remaining() {
      return over ? Duration.ZERO : Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public boolean cancelled() {
      return over || connection.state() == State.CLOSED;
    }

    @Override
    public Map<String, Object> attributes() {
      return Map.of();
    }

    @Override
    public ConnSignals signals() {
      return this;
    }

    @Override
    public void dead(Throwable cause) {
      if (over) {
        return; // its number may be another one's by now
      }
      deadEarly = cause; // before the look whether it is up; published() does the reverse
      connection.lost(epoch, cause);
    }

    @Override
    public void retire(String why) {
      dead(new IOException(why));
    }

    @Override
    public void capacityChanged() {
      // One connection is all there is.
    }
  }
}
