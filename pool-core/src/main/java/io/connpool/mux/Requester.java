package io.connpool.mux;

import static io.connpool.mux.MuxException.Delivery.ANSWERED;
import static io.connpool.mux.MuxException.Delivery.MAYBE_SENT;
import static io.connpool.mux.MuxException.Delivery.NOT_SENT;
import static io.connpool.mux.MuxException.Delivery.REFUSED;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.connpool.mux.MuxException.Delivery;
import io.connpool.mux.MuxException.Reason;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What one session asks of its peer: begins exchanges and sees that each ends once, by an answer, a
 * refusal, its deadline, its caller or the end of the session. Whoever takes an exchange out of the
 * {@link Calls}, or withdraws it while it waits at the {@link Gate}, ends it.
 */
final class Requester {
  /** Up to so many requests in flight, latency counts more than batches. */
  private static final int FEW_CALLS = 4;

  private final MuxConnection session;
  private final MuxOptions options;
  private final IoLoop loop;
  private final Outbox outbox;
  private final Gate gate;
  private final Calls calls;
  private final Writer writer;
  private final Ending ending;
  private final AtomicInteger pinging = new AtomicInteger();
  private volatile int mostMessage = Wire.LEAST_PAYLOAD;

  /** Requests above this will not be run by the peer; unsigned. */
  private volatile long runByPeer = Wire.EVERYTHING;

  // Written by the loop only; the volatile ones are read by statistics.
  private int endedInBatch;
  private final Tally answered = new Tally();
  private final Tally refused = new Tally();
  private final Tally timedOut = new Tally();

  /**
   * Of a session that has asked nothing yet.
   *
   * @param session for its name
   */
  Requester(
      MuxConnection session,
      MuxOptions options,
      IoLoop loop,
      Outbox outbox,
      Gate gate,
      Calls calls,
      Writer writer,
      Ending ending) {
    this.session = session;
    this.options = options;
    this.loop = loop;
    this.outbox = outbox;
    this.gate = gate;
    this.calls = calls;
    this.writer = writer;
    this.ending = ending;
  }

  /** The peer has said what it takes. */
  void limit(Hello peer) {
    mostMessage = peer.mostMessage();
    if (peer.mostRequests() > 0) { // a peer that takes none says so to each request
      gate.lowerCalls(peer.mostRequests());
    }
  }

  // --- any thread ---

  /** The longest message that the peer takes. */
  int mostMessage() {
    return mostMessage;
  }

  byte[] await(Exchange.Sync call) throws MuxException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("before the call");
    }
    MuxException failure = begin(call);
    if (failure != null) {
      throw failure;
    }
    if (!call.await(gate.calls() <= 1)) {
      if (cancel(call)) {
        throw new InterruptedException("while waiting for the answer of " + session);
      }
      Thread.currentThread().interrupt(); // the answer was faster
    }
    return call.outcome();
  }

  void awaitPong(Exchange.Sync ping) throws MuxException, InterruptedException {
    pinging.incrementAndGet();
    try {
      await(ping);
    } finally {
      pinging.decrementAndGet();
    }
  }

  /** Begins an exchange, or says why not; then it is over. */
  @Nullable MuxException begin(Exchange call) {
    String leaving = ending.whyLeaving();
    if (leaving != null) {
      return failure(call, Reason.CLOSED, NOT_SENT, leaving);
    }
    if (call.body.length > mostMessage) {
      String sizes = call.body.length + " bytes are more than the peer accepts, " + mostMessage;
      return failure(call, Reason.TOO_LARGE, NOT_SENT, sizes);
    }
    if (call.type == Wire.PING) {
      gate.force(call.cost());
      start(call);
    } else if (gate.tryEnter(call)) {
      start(call);
    } else if (options.whenFull() == MuxOptions.WhenFull.FAIL) {
      return failure(call, Reason.FULL, NOT_SENT, "no place: " + limits());
    } else if (!gate.queue(call)) {
      return failure(call, Reason.FULL, NOT_SENT, "no place to wait: " + limits());
    }
    loop.watchTheClock();
    return null;
  }

  /** Sends what has passed the gate; on the caller's thread or on that of whoever made room. */
  void start(Exchange call) {
    if (call.type == Wire.ONE_WAY) {
      call.id = calls.nextId();
      writer.post(call, false);
      call.publish(Message.EMPTY, null);
      finish(call);
    } else if (calls.add(call)) {
      // An asynchronous caller does not wait, so while others are in flight it leaves the writing
      // to the loop: the system call would cost more than the call, and batches grow.
      writer.post(call, call instanceof Exchange.Async && gate.calls() > FEW_CALLS);
      // Looked at after adding, as the burial looks into the calls after the end was set.
      if (ending.isDead() && calls.remove(call)) {
        gate.leave(call.places());
        conclude(call, Reason.CLOSED, ending.why().message(), false);
      }
    } else {
      gate.freed(call.cost());
      gate.leave(call.places());
      conclude(call, Reason.FULL, "too many PINGs", false);
    }
  }

  /**
   * Ends an exchange whose caller does not wait any more.
   *
   * @return false if it has ended otherwise
   */
  @SuppressWarnings("ThreadPriorityCheck") // the other thread is between two of its steps
  boolean cancel(Exchange call) {
    while (!call.isDone()) {
      if (call.withdrawWaiting()) {
        gate.forget(call);
        call.publish(null, null);
        return true;
      }
      if (calls.remove(call)) {
        gate.leave(call.places());
        if (!call.withdraw()) {
          writer.postUncounted(new Message(Wire.CANCEL, 0, call.id, Message.EMPTY));
        }
        call.publish(null, null);
        return true;
      }
      Thread.yield(); // somebody is about to complete it, or to move it from the gate to the calls
    }
    return false;
  }

  private String limits() {
    return "%d of %d requests in flight, %d of %d bytes pending, %d calls wait"
        .formatted(
            gate.calls(),
            options.maxInFlight(),
            gate.bytes(),
            options.maxPendingBytes(),
            gate.waiting());
  }

  private MuxException failure(Exchange call, Reason reason, Delivery delivery, String message) {
    long millis = (System.nanoTime() - call.began) / 1_000_000;
    String full = session + ": " + message + " after " + millis + " ms";
    return new MuxException(reason, delivery, full, ending.causeOfDeath());
  }

  /**
   * Fails an exchange that the caller of this has taken out.
   *
   * @param exact whether nobody writes, so that it is known how far the stream got
   */
  private void conclude(Exchange call, Reason reason, String message, boolean exact) {
    Delivery delivery;
    if (call.withdraw() || (exact && call.end > outbox.written())) {
      delivery = NOT_SENT;
    } else {
      delivery = isBeyond(call) ? REFUSED : MAYBE_SENT;
    }
    call.publish(null, failure(call, reason, delivery, message));
    finish(call);
  }

  private boolean isBeyond(Exchange call) {
    return Long.compareUnsigned(call.ordinal, runByPeer) > 0;
  }

  private void finish(Exchange call) {
    if (loop.isInside()) {
      loop.deliverLater(call, options.inlineCallbacks());
    } else if (call instanceof Exchange.Async future) {
      loop.callbacks().run(new Crew.Job[] {future}, 1);
    } else {
      call.deliver();
    }
  }

  // --- the loop ---

  /** True if the answer was awaited; otherwise it is an orphan. */
  boolean onAnswer(int type, int code, long id, @Nullable Fragments before, byte[] body)
      throws ProtocolException {
    Exchange call = calls.find(id);
    if (call != null && call.type != Wire.REQUEST) {
      throw new ProtocolException("a PING was answered as if it were a request");
    }
    if (call == null || !calls.remove(call)) {
      return false;
    }
    endedInBatch++;
    if (type == Wire.ANSWER) {
      answered.add(1);
      call.before = before;
      call.publish(body, null);
    } else if (type == Wire.ERROR) {
      answered.add(1);
      String message = "the peer failed: " + new String(Fragments.join(before, body), UTF_8);
      call.publish(null, failure(call, Reason.HANDLER_FAILED, ANSWERED, message));
    } else {
      refused.add(1);
      String message = "the peer refused: " + refusal(code);
      call.publish(null, failure(call, Reason.REFUSED_BY_PEER, REFUSED, message));
    }
    finish(call);
    return true;
  }

  private static String refusal(int code) {
    return switch (code) {
      case Wire.FULL -> "it is full";
      case Wire.DRAINING -> "it is going away";
      case Wire.EXPIRED -> "it came to it too late";
      case Wire.NO_HANDLER -> "it answers no requests";
      default -> "code " + code;
    };
  }

  void onPong(long id) throws ProtocolException {
    Exchange call = calls.find(id);
    if (call != null && call.type != Wire.PING) {
      throw new ProtocolException("a request was answered as if it were a PING");
    }
    if (call != null && calls.remove(call)) {
      call.publish(Message.EMPTY, null);
      finish(call);
    }
  }

  /** The peer runs so many of our requests and no more. */
  void onGoAway(long count, String why) {
    runByPeer = count;
    calls.forEach(
        call -> {
          if (isBeyond(call) && calls.remove(call)) {
            endedInBatch += call.places();
            conclude(call, Reason.REFUSED_BY_PEER, why, false);
          }
        });
  }

  /** After a batch was read: makes room for as many calls as have ended, at once. */
  void settleBatch() {
    if (endedInBatch > 0) {
      int ended = endedInBatch;
      endedInBatch = 0;
      gate.leave(ended);
    }
  }

  boolean isBusy() {
    return gate.calls() > 0 || gate.waiting() > 0 || pinging.get() > 0;
  }

  void tick(long now) {
    if (gate.calls() > 0 || pinging.get() > 0) {
      calls.forEach(call -> timeOut(call, now));
    }
    for (Exchange call : gate.expired(now)) {
      if (call.withdrawWaiting()) {
        gate.forget(call);
        timedOut.add(1);
        conclude(call, Reason.TIMEOUT, "no place became free: " + limits(), false);
      }
    }
  }

  private void timeOut(Exchange call, long now) {
    if (call.deadline - now <= 0 && calls.remove(call)) {
      gate.leave(call.places());
      timedOut.add(1);
      conclude(call, Reason.TIMEOUT, "no answer", false);
    }
  }

  /** Fails everything. Nobody writes any more. */
  void failAll(Reason reason, String message) {
    for (Exchange call : gate.close()) {
      if (call.withdrawWaiting()) {
        conclude(call, reason, message, true);
      }
    }
    calls.forEach(
        call -> {
          if (calls.remove(call)) {
            gate.leave(call.places());
            conclude(call, reason, message, true);
          }
        });
  }

  long answered() {
    return answered.get();
  }

  long refused() {
    return refused.get();
  }

  long timedOut() {
    return timedOut.get();
  }
}
