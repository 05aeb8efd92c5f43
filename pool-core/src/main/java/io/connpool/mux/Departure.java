package io.connpool.mux;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import org.jspecify.annotations.Nullable;

/**
 * How the two ends of a session take leave of each other: which GOAWAY this one sends and when, and
 * what follows from that of the peer.
 */
final class Departure {
  private static final System.Logger LOG = System.getLogger(Departure.class.getName());

  private record Draining(long pongBy, long deadline) {}

  private final MuxConnection session;
  private final IoLoop loop;
  private final Gate gate;
  private final Requester requester;
  private final Responder responder;
  private final Writer writer;
  private final Ending ending;

  // Of the loop's thread.
  private boolean pongSeen;
  private boolean lastCallMade;
  private @Nullable Draining draining;

  /**
   * Of a session that nobody leaves yet.
   *
   * @param session for its name
   */
  Departure(
      MuxConnection session,
      IoLoop loop,
      Gate gate,
      Requester requester,
      Responder responder,
      Writer writer,
      Ending ending) {
    this.session = session;
    this.loop = loop;
    this.gate = gate;
    this.requester = requester;
    this.responder = responder;
    this.writer = writer;
    this.ending = ending;
  }

  // --- any thread ---

  void drain(long graceNanos) {
    ending.leave("the connection is being drained");
    loop.execute(
        () -> {
          if (draining == null && !ending.isDead()) {
            draining = new Draining(loop.now() + graceNanos / 2, loop.now() + graceNanos);
            pongSeen = false;
            writer.postUncounted(new GoAway(Wire.EVERYTHING, "draining").message(Wire.GOING));
            writer.postUncounted(new Message(Wire.PING, 0, 0, Message.EMPTY));
          }
        });
  }

  /** Tells the peer why, if the channel takes it at once and nobody else is writing. */
  void farewell(int code, String why) {
    Message message = new GoAway(responder.received(), why).message(code);
    try {
      writer.postAtOnce(message);
    } catch (Throwable alreadyBroken) {
      LOG.log(DEBUG, "no farewell to the peer of " + session, alreadyBroken);
    }
  }

  // --- the loop ---

  boolean isDraining() {
    return draining != null;
  }

  void tick(long now) {
    if (draining != null) {
      proceed(draining, now);
    }
  }

  /**
   * In two steps, as the peer may have sent requests before it learned of the first: after its PONG
   * it knows, and only what comes then is refused.
   */
  private void proceed(Draining step, long now) {
    if (!lastCallMade && (pongSeen || now - step.pongBy() >= 0)) {
      lastCallMade = true;
      writer.postUncounted(new GoAway(responder.lastCall(), "drained").message(Wire.GOING));
    }
    boolean done = responder.isOver() && gate.calls() + gate.waiting() == 0 && writer.isAtRest();
    if (done || now - step.deadline() >= 0) {
      ending.dieByChoice("drained");
    }
  }

  void onPong(long id) {
    pongSeen |= id == 0;
  }

  void onGoAway(int code, byte[] body) throws ProtocolException {
    GoAway goAway = GoAway.decode(body);
    String why = "the peer is going away: " + goAway.why();
    ending.peerLeaves(why);
    if (code != Wire.GOING) {
      LOG.log(WARNING, "{0}: the peer breaks off, code {1}: {2}", session, code, goAway.why());
    }
    requester.onGoAway(goAway.count(), why);
  }
}
