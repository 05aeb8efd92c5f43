package io.connpool.mux;

import static java.lang.System.Logger.Level.DEBUG;

import io.connpool.mux.MuxException.Reason;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Whether a session is leaving, so that no call may be begun any more, and whether it is dead; and
 * why. Anybody may declare it dead, once; the channel is closed there and then. To see to the
 * burial is up to those who are told.
 */
final class Ending {
  private static final System.Logger LOG = System.getLogger(Ending.class.getName());

  /** Learns what becomes of a session, on any thread; must not block. */
  interface Watcher {
    /** The peer wants no more calls; those it has taken on go on. */
    void leaving(String why);

    /** It is over. Told before the calls in flight fail. */
    void ended(Throwable cause);
  }

  static final Watcher NOBODY =
      new Watcher() {
        @Override
        public void leaving(String why) {}

        @Override
        public void ended(Throwable cause) {}
      };

  /** Why the connection ended; {@code cause} is null and {@code wanted} true if this end did it. */
  record End(Reason reason, String message, @Nullable Throwable cause, boolean wanted) {}

  /** Looked at with every message, which an AtomicReference would put one step further away. */
  private static final AtomicReferenceFieldUpdater<Ending, @Nullable End> END =
      AtomicReferenceFieldUpdater.newUpdater(Ending.class, End.class, "end");

  private final MuxConnection session;
  private final FrameChannel channel;
  private final Watcher watcher;
  private final Runnable atDeath;

  /** Why no call may be begun any more; null while one may. */
  private volatile @Nullable String leaving;

  private volatile @Nullable End end;

  /**
   * Of a session that lives.
   *
   * @param session for its name
   * @param atDeath called once, on any thread, when it is dead and its channel closed
   */
  Ending(MuxConnection session, FrameChannel channel, Watcher watcher, Runnable atDeath) {
    this.session = session;
    this.channel = channel;
    this.watcher = watcher;
    this.atDeath = atDeath;
  }

  /** This end wants no more calls. */
  void leave(String why) {
    if (leaving == null) {
      leaving = why;
    }
  }

  /** The peer wants no more calls. */
  void peerLeaves(String why) {
    leaving = why;
    watcher.leaving(why);
  }

  @Nullable String whyLeaving() {
    return leaving;
  }

  void die(Reason reason, String message, @Nullable Throwable cause) {
    die(new End(reason, message, cause, false));
  }

  /** Nothing went wrong: this end wants it so. */
  void dieByChoice(String message) {
    die(new End(Reason.CLOSED, message, null, true));
  }

  private void die(End why) {
    if (END.compareAndSet(this, null, why)) {
      leaving = why.message();
      Throwable cause = why.cause();
      watcher.ended(cause != null ? cause : new IOException(session + ": " + why.message()));
      try {
        channel.close();
      } catch (Throwable failure) {
        LOG.log(DEBUG, "closing the channel of " + session, failure);
      }
      atDeath.run();
    }
  }

  boolean isDead() {
    return end != null;
  }

  /** Of what it died. */
  End why() {
    return Objects.requireNonNull(end);
  }

  /** Null also while it lives. */
  @Nullable Throwable causeOfDeath() {
    End ended = end;
    return ended == null ? null : ended.cause();
  }
}
