package io.connpool.mux;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What one session has to send. Any thread adds messages without a lock; one at a time is the
 * owner, copies them into a buffer and writes that.
 *
 * <p><b>Ownership.</b> Who adds a message tries to become the owner and, if he does, is responsible
 * for everything in the queue: he writes it himself or hands the session over to the loop, and
 * ownership with it. Who does not may leave: the owner looks again after letting go.
 *
 * <p><b>Order.</b> Messages of one frame leave in the order in which they were added. Longer ones
 * are cut and take turns, one fragment per buffer, so a small message waits for one fragment at
 * most and a big one for one buffer of small ones.
 */
final class Outbox {
  enum Outcome {
    /** Nothing is left. */
    DONE,
    /** The channel takes no more for now. */
    BLOCKED,
    /** The rounds are used up. */
    MORE
  }

  private static final int FIRST_BUFFER = 4 * 1024;

  /** Takes the longest frame and as much again in small ones; 2000 small frames per write. */
  private static final int LARGEST_BUFFER = 2 * Wire.MOST_PAYLOAD;

  private static final VarHandle OWNED;
  private static final VarHandle TAIL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OWNED = lookup.findVarHandle(Outbox.class, "owned", boolean.class);
      TAIL = lookup.findVarHandle(Outbox.class, "tail", Message.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final FrameChannel channel;
  private final Gate gate;
  private final Admission admission;

  private volatile boolean owned;

  @SuppressWarnings("unused") // through TAIL
  private volatile Message tail;

  // Everything below belongs to the owner; whoever becomes it sees what the one before did.

  /** The message taken last; its successor is the first of the queue. */
  private Message head;

  /** Messages longer than a frame: those being sent in turns, and those that wait for a turn. */
  private final ArrayDeque<Message> turns = new ArrayDeque<>(Wire.MOST_PARTIAL);

  private final ArrayDeque<Message> big = new ArrayDeque<>();
  private ByteBuffer buffer = ByteBuffer.allocateDirect(FIRST_BUFFER);
  private long requests;
  private long copied;

  // Written by the owner only; read by statistics at any time, and exactly by the next owner.
  private final Tally written = new Tally();
  private final Tally frames = new Tally();
  private final Tally writes = new Tally();
  private final Tally answers = new Tally();
  private final Tally replies = new Tally();

  /** Set once, by the loop, when the peer's HELLO is there; before that only HELLO is sent. */
  private volatile int mostPayload = Wire.LEAST_PAYLOAD;

  Outbox(FrameChannel channel, Gate gate, Admission admission) {
    this.channel = channel;
    this.gate = gate;
    this.admission = admission;
    Message stub = new Message(0, 0, 0, Message.EMPTY);
    this.head = stub;
    this.tail = stub;
  }

  void mostPayload(int bytes) {
    mostPayload = bytes;
  }

  void add(Message message) {
    Message before = (Message) TAIL.getAndSet(this, message);
    before.linkTo(message);
  }

  boolean tryOwn() {
    return !owned && OWNED.compareAndSet(this, false, true);
  }

  /** Lets go after {@link Outcome#DONE}; who does looks again whether something was added. */
  void release() {
    owned = false;
  }

  boolean isEmpty() {
    // Plain reads of head race with the next owner's. A wrong guess is harmless: who tries to own
    // in vain leaves the work to that owner, who looks again himself.
    return head.next() == null;
  }

  /** For a session that waits for its end: nothing queued and nothing being written. */
  boolean isAtRest() {
    return !owned && isEmpty();
  }

  /** How many bytes the channel took. */
  long written() {
    return written.get();
  }

  long frames() {
    return frames.get();
  }

  long writes() {
    return writes.get();
  }

  /** How many answers to requests of the peer are on their way. */
  long answers() {
    return answers.get();
  }

  /** How many PONGs and refusals are on their way. */
  long replies() {
    return replies.get();
  }

  /** Owner only: sends until nothing is left, the channel is full, or the rounds are over. */
  Outcome drain(int rounds) throws IOException {
    for (int round = 0; round < rounds; round++) {
      fill();
      if (buffer.position() > 0) {
        buffer.flip();
        try {
          int count = channel.write(buffer);
          writes.add(1);
          written.add(count);
        } finally {
          buffer.compact();
        }
      }
      if (buffer.position() > 0 || !channel.flush()) {
        return Outcome.BLOCKED;
      }
      if (turns.isEmpty() && isEmpty()) {
        return Outcome.DONE;
      }
    }
    return Outcome.MORE;
  }

  private void fill() {
    long freed = 0;
    int answered = 0;
    long count = 0;
    if (!turns.isEmpty()) {
      Message message = turns.remove();
      int result = copyFragment(message);
      if (result == REMAINS) {
        turns.add(message);
      } else if (result == NO_ROOM) {
        turns.addFirst(message);
      } else {
        freed += message.cost();
        answered += isAnswer(message);
        release(message);
        nextTurn();
      }
      count++;
    }
    int most = mostPayload;
    Message message;
    while ((message = head.next()) != null) {
      int length = message.body.length;
      if (length > most) {
        head = message;
        big.add(message);
        nextTurn();
        continue;
      }
      if (!hasRoom(length)) {
        break;
      }
      head = message;
      if (message.claim()) {
        copy(message, length, false);
        count++;
        finished(message);
      }
      freed += Wire.HEADER + length;
      answered += isAnswer(message);
      release(message);
    }
    frames.add(count);
    settle(freed, answered);
  }

  private static final int NO_ROOM = 0;
  private static final int REMAINS = 1;
  private static final int OVER = 2;

  private int copyFragment(Message message) {
    int length = Math.min(message.left(), mostPayload);
    if (!hasRoom(length)) {
      return NO_ROOM;
    }
    if (!message.claim()) {
      if (message.copied > 0) { // the peer keeps what it has until it is told
        putHeader(0, Wire.CANCEL, 0, 0, message.id);
      }
      return OVER;
    }
    boolean more = length < message.left();
    copy(message, length, more);
    if (more) {
      message.partly();
      return REMAINS;
    }
    finished(message);
    return OVER;
  }

  private void copy(Message message, int length, boolean more) {
    putHeader(length, message.type, more ? Wire.MORE : 0, message.code, message.id);
    buffer.put(message.body, message.copied, length);
    message.copied += length;
    copied += length;
  }

  private void putHeader(int length, int type, int flags, int code, long id) {
    long first =
        ((long) (length + Wire.LEAST_LENGTH) << 32) | ((long) type << 24) | (flags << 16) | code;
    buffer.putLong(first).putLong(id);
    copied += Wire.HEADER;
  }

  private void finished(Message message) {
    message.sent(copied, message.type == Wire.REQUEST ? ++requests : 0);
  }

  /** The queue keeps its last message as a node; it need not keep the body. */
  private static void release(Message message) {
    message.body = Message.EMPTY;
  }

  private int isAnswer(Message message) {
    if (message instanceof Inbound) {
      return 1;
    }
    if (message.type == Wire.PONG || message.type == Wire.REFUSED) {
      replies.add(1);
    }
    return 0;
  }

  private void nextTurn() {
    while (turns.size() < Wire.MOST_PARTIAL && !big.isEmpty()) {
      turns.add(big.remove());
    }
  }

  private boolean hasRoom(int payload) {
    int needed = Wire.HEADER + payload;
    while (buffer.remaining() < needed && buffer.capacity() < LARGEST_BUFFER) {
      ByteBuffer larger = ByteBuffer.allocateDirect(buffer.capacity() * 2);
      larger.put(buffer.flip());
      buffer = larger;
    }
    return buffer.remaining() >= needed;
  }

  /** Owner only, when the connection is dead: forgets everything, as if it had been sent. */
  void discard() {
    long freed = 0;
    int answered = 0;
    nextTurn();
    big.addAll(turns);
    turns.clear();
    Message message;
    while ((message = next()) != null) {
      freed += message.cost();
      answered += isAnswer(message);
      release(message);
    }
    settle(freed, answered);
  }

  private @Nullable Message next() {
    Message longOne = big.poll();
    if (longOne != null) {
      return longOne;
    }
    Message first = head.next();
    if (first != null) {
      head = first;
    }
    return first;
  }

  private void settle(long freed, int answered) {
    if (answered > 0) {
      answers.add(answered);
      admission.leave(answered);
    }
    if (freed > 0) {
      gate.freed(freed);
    }
  }
}
