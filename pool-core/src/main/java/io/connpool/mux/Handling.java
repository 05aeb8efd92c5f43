package io.connpool.mux;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests of the peer one session is handling, from their arrival until their answers are
 * on their way. Whether there is room for one more is for the {@link Admission} to say, which other
 * sessions may share.
 */
final class Handling {
  private final Admission admission;
  private final Outbox outbox;
  private final Tally accepted = new Tally(); // of the loop's thread
  private final AtomicLong unanswered = new AtomicLong();

  Handling(Admission admission, Outbox outbox) {
    this.admission = admission;
    this.outbox = outbox;
  }

  /** On the loop. */
  boolean tryAccept() {
    if (!admission.tryEnter()) {
      return false;
    }
    accepted.add(1);
    return true;
  }

  /** One is over without an answer; those with one are counted when that is on its way. */
  void drop() {
    unanswered.incrementAndGet();
    admission.leave(1);
  }

  long count() {
    return accepted.get() - outbox.answers() - unanswered.get();
  }

  /** Since the session began. */
  long accepted() {
    return accepted.get();
  }
}
