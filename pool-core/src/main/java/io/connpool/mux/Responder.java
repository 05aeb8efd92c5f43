package io.connpool.mux;

import static java.lang.System.Logger.Level.WARNING;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What one session does for its peer: takes its requests on or turns them away, and calls the
 * user's handler. A request counts as being handled until its answer is on its way.
 */
final class Responder {
  private static final System.Logger LOG = System.getLogger(Responder.class.getName());

  /** A CANCEL is a hint: with more requests than this being handled some are not found. */
  private static final int RUNNING = 4096;

  private static final int MOST_ORPHANS_SHOWN = 1000;

  private final Session session;
  private final @Nullable MuxHandler handler;
  private final boolean inline;
  private final Handling handling;
  private final Gate gate;
  private final Outbox outbox;
  private final Writer writer;
  private final IoLoop loop;

  /** Those being handled, by the low bits of their ids. */
  private final AtomicReferenceArray<Inbound> running;

  private final AtomicInteger orphansShown = new AtomicInteger();

  // Of the loop's thread; the volatile ones are read by statistics.
  private long received;
  private long replies;
  private boolean lastCall;
  private final Tally turnedAway = new Tally();
  private final Tally orphans = new Tally();

  Responder(
      Session session,
      @Nullable MuxHandler handler,
      boolean inline,
      Handling handling,
      Gate gate,
      Outbox outbox,
      Writer writer,
      IoLoop loop) {
    this.session = session;
    this.handler = handler;
    this.inline = inline;
    this.handling = handling;
    this.gate = gate;
    this.outbox = outbox;
    this.writer = writer;
    this.loop = loop;
    this.running = new AtomicReferenceArray<>(handler == null ? 1 : RUNNING);
  }

  void onRequest(int wait, long id, @Nullable Fragments before, byte[] body)
      throws ProtocolException {
    received++;
    MuxHandler responsible = handler;
    if (responsible == null) {
      refuse(id, Wire.NO_HANDLER);
    } else if (lastCall) {
      refuse(id, Wire.DRAINING);
    } else if (gate.isOverfull() || !handling.tryAccept()) {
      refuse(id, Wire.FULL);
    } else {
      take(new Inbound(session, responsible, false, wait, id, before, body, loop.now()));
    }
  }

  /** There is nobody to be told when it is turned away. */
  void onOneWay(long id, @Nullable Fragments before, byte[] body) {
    MuxHandler responsible = handler;
    if (responsible == null || lastCall || !handling.tryAccept()) {
      turnedAway.add(1);
    } else {
      take(new Inbound(session, responsible, true, 0, id, before, body, loop.now()));
    }
  }

  private void take(Inbound request) {
    if (!inline) {
      running.lazySet(place(request.id), request);
      loop.runLater(request);
      return;
    }
    request.handle(true);
    if (!request.isOver()) { // if it ends just now, a stale entry stays until it is overwritten
      running.lazySet(place(request.id), request);
    }
  }

  private static int place(long id) {
    return (int) id & (RUNNING - 1);
  }

  private void refuse(long id, int why) throws ProtocolException {
    turnedAway.add(1);
    reply(new Message(Wire.REFUSED, why, id, Message.EMPTY));
  }

  /** Sends what the peer has provoked and need not read, so with a limit. */
  void reply(Message message) throws ProtocolException {
    if (++replies - outbox.replies() > Wire.MOST_REPLIES) {
      throw new ProtocolException("the peer asks and asks and does not read");
    }
    writer.postUncounted(message);
  }

  void onCancel(long id) {
    Inbound request = handler == null ? null : running.get(place(id));
    if (request != null && request.id == id) {
      request.cancel();
    }
  }

  void onOrphan(long id, @Nullable Fragments before, byte[] body) {
    orphans.add(1);
    MuxHandler observer = handler;
    if (observer != null && orphansShown.get() < MOST_ORPHANS_SHOWN) {
      orphansShown.incrementAndGet();
      loop.callLater(moreToCome -> showOrphan(observer, id, before, body));
    }
  }

  private void showOrphan(MuxHandler observer, long id, @Nullable Fragments before, byte[] body) {
    orphansShown.decrementAndGet();
    try {
      observer.onOrphan(session, id, Fragments.join(before, body));
    } catch (Throwable failure) {
      report(observer, failure);
    }
  }

  /** From now on requests are refused. Returns how many were not, or were answered. */
  long lastCall() {
    lastCall = true;
    return received;
  }

  boolean isOver() {
    return lastCall && handling() == 0;
  }

  // --- from here on: any thread ---

  void answer(Inbound request, boolean moreToCome) {
    running.compareAndSet(place(request.id), request, null);
    gate.force(request.cost());
    writer.post(request, moreToCome);
  }

  /** A request that is over without an answer: cancelled, or a one-way message. */
  void drop(Inbound request) {
    running.compareAndSet(place(request.id), request, null);
    handling.drop();
  }

  void tellClosed(@Nullable MuxException cause) {
    if (handler != null) {
      try {
        handler.onClosed(session, cause);
      } catch (Throwable failure) {
        report(handler, failure);
      }
    }
  }

  void report(MuxHandler observer, Throwable failure) {
    try {
      observer.onError(session, failure);
    } catch (Throwable worse) {
      worse.addSuppressed(failure);
      LOG.log(WARNING, "onError of the handler of " + session + " failed", worse);
    }
  }

  long received() {
    return received;
  }

  long handling() {
    return handling.count();
  }

  long accepted() {
    return handling.accepted();
  }

  long turnedAway() {
    return turnedAway.get();
  }

  long orphans() {
    return orphans.get();
  }
}
