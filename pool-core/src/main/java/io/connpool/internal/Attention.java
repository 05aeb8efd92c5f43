package io.connpool.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One word that says whether anything is unusual in a pool, so that the hot path reads one word
 * instead of asking everybody: how many callers wait, and the flags below. It is zero in most pools
 * most of the time, and then its cache line is shared by all threads and written by none.
 *
 * <p>Every change is an atomic read-modify-write, so it is ordered with the slot words: who makes a
 * connection available and then reads this, and who raises this and then looks at the slots, cannot
 * both miss each other.
 */
final class Attention extends AttentionWord {
  /**
   * A loan needs more than an idle word: a look at the connection, or at the queue if fair, or to
   * be watched.
   */
  static final long BEFORE_LOAN = 1L << 32;

  /** The transport looks at whatever comes back. */
  static final long INSPECT = 1L << 33;

  /** There may be more connections than maxActive. */
  static final long TRIM = 1L << 34;

  /** Nothing is lent any more. */
  static final long CLOSED = 1L << 35;

  /**
   * Of those who wait one has been woken and has not looked around yet: until it does, whoever
   * makes a connection available need not look at the queue.
   */
  static final long WAKING = 1L << 36;

  private static final long WAITING = BEFORE_LOAN - 1;
  private static final long AT_RELEASE = ~(BEFORE_LOAN | WAKING);
  private static final long FLAGS_AT_RELEASE = ~(BEFORE_LOAN | WAITING);
  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(AttentionWord.class, "word", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** Padding behind the word: what is next to it in memory may be written often. */
  @SuppressWarnings("unused")
  private long q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13;

  /** Whether an idle connection may be taken without another look. */
  boolean allowsLoan() {
    return (word & BEFORE_LOAN) == 0;
  }

  /** Whether what comes back interests nobody. */
  boolean allowsRelease() {
    long now = word;
    return (now & AT_RELEASE) == 0 || (now & FLAGS_AT_RELEASE) == WAKING;
  }

  boolean has(long flag) {
    return (word & flag) != 0;
  }

  /** Raises or lowers a flag. */
  void set(long flag, boolean raised) {
    if (raised) {
      WORD.getAndBitwiseOr((AttentionWord) this, flag);
    } else {
      WORD.getAndBitwiseAnd((AttentionWord) this, ~flag);
    }
  }

  int waiting() {
    return (int) (word & WAITING);
  }

  /** One more waits. Returns how many wait now. */
  int joined() {
    return (int) (((long) WORD.getAndAdd((AttentionWord) this, 1L) + 1) & WAITING);
  }

  /** One of those who waited does not any more. */
  void left() {
    WORD.getAndAdd((AttentionWord) this, -1L);
  }
}

/** Padding in front of the word, as in {@link SlotPadding}. */
abstract class AttentionPadding {
  @SuppressWarnings("unused")
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13;
}

/** The word itself, between the paddings. */
abstract class AttentionWord extends AttentionPadding {
  volatile long word;
}
