package io.connpool.mux;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** A request of the peer; becomes the message that carries its answer. */
final class Inbound extends Message implements MuxRequest, Crew.Job {
  private static final int RUNNING = 0;
  private static final int CANCELLED = 1;
  private static final int ANSWERED = 2;
  private static final AtomicIntegerFieldUpdater<Inbound> FATE =
      AtomicIntegerFieldUpdater.newUpdater(Inbound.class, "fate");

  private final Session session;
  private final MuxHandler handler;

  /** The last piece of the request until it is {@link #complete}, then all of it. */
  private byte[] request;

  private @Nullable Fragments before;
  private final boolean oneWay;

  /** When the caller gives up; 0 if that is not known. */
  private final long deadline;

  private volatile int fate;

  Inbound(
      Session session,
      MuxHandler handler,
      boolean oneWay,
      int wait,
      long id,
      @Nullable Fragments before,
      byte[] request,
      long now) {
    super(Wire.ANSWER, 0, id, EMPTY);
    this.session = session;
    this.handler = handler;
    this.oneWay = oneWay;
    this.before = before;
    this.request = request;
    this.deadline = wait == 0 || wait == Wire.LONG_WAIT ? 0 : (now + wait * 1_000_000L) | 1;
  }

  @Override
  public byte[] body() {
    return request;
  }

  @Override
  public MuxConnection connection() {
    return session;
  }

  @Override
  public Optional<Duration> remaining() {
    return deadline == 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
  }

  @Override
  public boolean isCancelled() {
    return fate == CANCELLED || session.isDead() || isExpired();
  }

  private boolean isExpired() {
    return deadline != 0 && deadline - System.nanoTime() <= 0;
  }

  /** The caller has cancelled: the answer, if there will be one, is not sent. */
  void cancel() {
    FATE.compareAndSet(this, RUNNING, CANCELLED);
  }

  /** Whether its fate is sealed, and a CANCEL comes too late. */
  boolean isOver() {
    return fate != RUNNING;
  }

  /** On a worker, after it may have waited for one. */
  @Override
  public void run(boolean moreToCome) {
    if (fate == CANCELLED || isExpired()) {
      refuse(moreToCome);
    } else {
      handle(moreToCome);
    }
  }

  /** Runs the handler, on a worker or on the loop. */
  void handle(boolean moreToCome) {
    if (oneWay) {
      handleOneWay();
      return;
    }
    CompletionStage<byte[]> stage;
    try {
      complete();
      stage = handler.onRequestAsync(this);
      if (stage instanceof CompletableFuture<byte[]> future
          && future.isDone()
          && !future.isCompletedExceptionally()) {
        answer(future.join(), moreToCome);
        return;
      }
      stage.whenComplete((answer, failure) -> end(answer, failure));
    } catch (Throwable failure) {
      fail(failure, moreToCome);
    }
  }

  private void complete() {
    request = Fragments.join(before, request);
    before = null;
  }

  private void handleOneWay() {
    try {
      complete();
      handler.onOneWay(this);
    } catch (Throwable failure) {
      session.responder().report(handler, failure);
    }
    fate = CANCELLED; // nobody waits, so nothing is answered
    drop();
  }

  private void end(byte @Nullable [] answer, @Nullable Throwable failure) {
    if (failure != null) {
      fail(failure, false);
    } else {
      answer(answer, false);
    }
  }

  private void refuse(boolean moreToCome) {
    if (FATE.compareAndSet(this, RUNNING, ANSWERED)) {
      type = Wire.REFUSED;
      code = Wire.EXPIRED;
      session.responder().answer(this, moreToCome);
    } else {
      drop();
    }
  }

  private void answer(byte @Nullable [] answer, boolean moreToCome) {
    if (answer == null) {
      fail(new NullPointerException("the handler answered null"), moreToCome);
    } else if (answer.length > session.mostMessageOfPeer()) {
      fail(
          Wire.ANSWER_TOO_LARGE,
          "the answer of %d bytes is larger than the %d the caller accepts"
              .formatted(answer.length, session.mostMessageOfPeer()),
          moreToCome);
    } else if (FATE.compareAndSet(this, RUNNING, ANSWERED)) {
      body = answer;
      session.responder().answer(this, moreToCome);
    } else {
      drop();
    }
  }

  private void fail(Throwable failure, boolean moreToCome) {
    session.responder().report(handler, failure);
    fail(Wire.HANDLER_FAILED, failure.toString(), moreToCome);
  }

  private void fail(int why, String message, boolean moreToCome) {
    if (FATE.compareAndSet(this, RUNNING, ANSWERED)) {
      type = Wire.ERROR;
      code = why;
      body = GoAway.text(message);
      session.responder().answer(this, moreToCome);
    } else {
      drop();
    }
  }

  /** Once, however often a strange stage completes. */
  private void drop() {
    if (FATE.compareAndSet(this, CANCELLED, ANSWERED)) {
      session.responder().drop(this);
    }
  }
}
