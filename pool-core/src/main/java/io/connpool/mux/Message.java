package io.connpool.mux;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way out, and a node of the {@link Outbox}'s queue, so that queueing allocates
 * nothing. Queued at most once in its life.
 *
 * <pre>
 * WAITING --admitted--> QUEUED --claim--> COPYING --+--last byte--> SENT
 *    |                    |        ^                |
 *    |                    |        +----claim--- PARTLY
 *    +-----withdraw-------+-----withdraw------------+----> WITHDRAWN
 * </pre>
 *
 * The body is read in COPYING only, so whoever has withdrawn a message may reuse its array. What is
 * WITHDRAWN has not reached the peer as a whole and will not.
 */
class Message {
  static final int WAITING = 0;
  static final int QUEUED = 1;
  static final int COPYING = 2;
  static final int PARTLY = 3;
  static final int SENT = 4;
  static final int WITHDRAWN = 5;

  static final byte[] EMPTY = {};

  private static final VarHandle STATE;
  private static final VarHandle NEXT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Message.class, "state", int.class);
      NEXT = lookup.findVarHandle(Message.class, "next", Message.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  int type;
  int code;
  long id;
  byte[] body;

  /** How much of the body is on its way; belongs to the owner of the outbox. */
  int copied;

  /**
   * Where in the stream the message ends, and which request it is, counted from 1. Written before
   * the state becomes SENT, read after that was seen.
   */
  long end;

  long ordinal;

  private volatile int state = QUEUED;

  @SuppressWarnings("unused") // through NEXT
  private volatile @Nullable Message next;

  Message(int type, int code, long id, byte[] body) {
    this.type = type;
    this.code = code;
    this.id = id;
    this.body = body;
  }

  /** What it counts against the bytes pending. The body must not be replaced while queued. */
  int cost() {
    return Wire.HEADER + body.length;
  }

  int left() {
    return body.length - copied;
  }

  /** The sender alone has it still: it waits for admission. */
  final void waitForAdmission() {
    state = WAITING;
  }

  final boolean admit() {
    return STATE.compareAndSet(this, WAITING, QUEUED);
  }

  /** Takes it back before it was admitted; false if it was admitted or withdrawn. */
  final boolean withdrawWaiting() {
    return STATE.compareAndSet(this, WAITING, WITHDRAWN);
  }

  /** The owner of the outbox is about to read the body; false if it was withdrawn. */
  final boolean claim() {
    int seen = state;
    return (seen == QUEUED || seen == PARTLY) && STATE.compareAndSet(this, seen, COPYING);
  }

  final void partly() {
    STATE.setRelease(this, PARTLY);
  }

  final void sent(long endOfMessage, long requestOrdinal) {
    end = endOfMessage;
    ordinal = requestOrdinal;
    STATE.setRelease(this, SENT);
  }

  /**
   * Takes the message back if it is not too late. Waits while the body is being copied, which takes
   * microseconds.
   *
   * @return whether the peer will never have all of it
   */
  @SuppressWarnings("ThreadPriorityCheck") // the copier is at it, and needs nothing from us
  final boolean withdraw() {
    while (true) {
      int seen = state;
      if (seen == SENT || seen == WITHDRAWN) {
        return seen == WITHDRAWN;
      }
      if (seen == COPYING) {
        Thread.yield(); // on a platform thread the copier may have lost its processor to us
      } else if (STATE.compareAndSet(this, seen, WITHDRAWN)) {
        return true;
      }
    }
  }

  final @Nullable Message next() {
    return (Message) NEXT.getAcquire(this);
  }

  /**
   * A full fence: the producer looks afterwards whether anybody owns the outbox, and the last owner
   * looks for a next message after it has let go. One of them must see the other.
   */
  final void linkTo(Message successor) {
    NEXT.setVolatile(this, successor);
  }
}
