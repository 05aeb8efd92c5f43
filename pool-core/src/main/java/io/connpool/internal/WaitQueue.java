package io.connpool.internal;

import java.util.Iterator;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait for a connection, in order of arrival. A waiter stays in its place until it is
 * served or leaves, so losing a race costs it nothing.
 *
 * <p><b>At most one wake-up is outstanding.</b> Whoever frees something wakes the first waiter and
 * sets {@link #woken}; until that waiter has cleared it, nobody else is woken, so releases stay
 * cheap when many threads wait. No wake-up is lost by that: who finds {@code woken} set has made
 * its connection available before it looked, and the woken one clears {@code woken} before it
 * scans, so its scan sees that connection. If it finds more than it needs, it wakes the next.
 * {@link Attention#WAKING} says the same in the word that every release reads anyway. It may be
 * missing while a wake-up is outstanding, which costs time only; it is never left behind.
 *
 * <p><b>The heir.</b> A waiter that was woken in vain, because somebody who came later was faster,
 * declares itself heir: the next released connection is handed to it without being available to
 * others in between. Where connections are held for less time than a thread takes to wake up, a
 * woken waiter nearly always finds one, and nobody becomes heir; where they are held for longer,
 * every second release goes to the queue, so the wait grows with the length of the queue and with
 * nothing else.
 */
final class WaitQueue<C> {
  /** Places of waiters that left are cleared when they are this many and half of the queue. */
  private static final int CLUTTER = 64;

  private final ConcurrentLinkedQueue<Waiter<C>> line = new ConcurrentLinkedQueue<>();
  private final AtomicLong tickets = new AtomicLong();
  private final AtomicInteger clutter = new AtomicInteger();

  /** Counts those who have no outcome yet; raised after a waiter is in line. */
  private final Attention attention;

  private final AtomicReference<@Nullable Waiter<C>> woken = new AtomicReference<>();
  private final AtomicReference<@Nullable Waiter<C>> heir = new AtomicReference<>();

  WaitQueue(Attention attention) {
    this.attention = attention;
  }

  boolean isEmpty() {
    return attention.waiting() == 0;
  }

  int size() {
    return attention.waiting();
  }

  /**
   * How many wait, for people: neither one that has its outcome but is still counted, nor one that
   * is in line but not counted yet. Looks at every place.
   */
  int countWaiting() {
    int waiting = 0;
    for (Waiter<C> waiter : line) {
      if (waiter.isWaiting()) {
        waiting++;
      }
    }
    return Math.max(0, Math.min(waiting, size()));
  }

  /** The ticket of the youngest waiter so far. */
  long lastTicket() {
    return tickets.get();
  }

  /**
   * Joins the queue. The caller must look for a connection once more afterwards: a release that did
   * not see it yet has made its connection available before.
   *
   * @return how many wait now, this one included
   */
  int join(Waiter<C> waiter) {
    waiter.ticket = tickets.incrementAndGet();
    line.add(waiter);
    return attention.joined();
  }

  /** Hands over a loan. False if the waiter has an outcome already; the loan stays the caller's. */
  boolean give(Waiter<C> waiter, Loan<C> loan) {
    return counted(waiter.settle(loan));
  }

  /** Ends the wait with a failure. False if the waiter has an outcome already. */
  boolean fail(Waiter<C> waiter, Throwable failure) {
    return counted(waiter.settle(failure));
  }

  /** The waiter gives up. False if an outcome came first, which it must then deal with. */
  boolean leave(Waiter<C> waiter) {
    return counted(waiter.leave());
  }

  private boolean counted(boolean settled) {
    if (settled) {
      attention.left();
    }
    return settled;
  }

  /**
   * A waiter that was given a bad connection waits again, in its old place. Like one that joins, it
   * must look for a connection once more afterwards.
   */
  void reopen(Waiter<C> waiter) {
    waiter.reopen();
    attention.joined();
  }

  /**
   * Clears up behind a waiter that has an outcome and will not be seen again.
   *
   * @return whether a wake-up was meant for it, which the caller must pass on
   */
  boolean left(Waiter<C> waiter) {
    waiter.finish();
    heir.compareAndSet(waiter, null);
    if (clutter.incrementAndGet() > Math.max(CLUTTER, size())) {
      clear();
    }
    return answer(waiter);
  }

  /**
   * Clears all places of waiters that left, and with them what they hold on to: threads, and
   * futures with leases in them.
   */
  void clear() {
    clutter.set(0);
    line.removeIf(Waiter::hasLeft);
  }

  /** The first one that still waits, or null. */
  @Nullable Waiter<C> first() {
    if (isEmpty()) {
      return null;
    }
    for (Iterator<Waiter<C>> places = line.iterator(); places.hasNext(); ) {
      Waiter<C> waiter = places.next();
      if (waiter.isWaiting()) {
        return waiter;
      }
      if (waiter.hasLeft()) {
        places.remove();
        clutter.decrementAndGet();
      }
    }
    return null;
  }

  /** How many places the line has, those of waiters that left included; counts them all. */
  int places() {
    return line.size();
  }

  /**
   * Wakes everybody who needs an alarm at this time.
   *
   * @return when the next one will, or null if nobody does
   */
  @Nullable Long wakeOverdue(long now) {
    Long next = null;
    for (Waiter<C> waiter : line) {
      if (!waiter.needsAlarm || !waiter.isWaiting()) {
        continue;
      }
      if (waiter.deadline - now <= 0) {
        waiter.wake();
      } else if (next == null || waiter.deadline - next < 0) {
        next = waiter.deadline;
      }
    }
    return next;
  }

  boolean isWakeUpOutstanding() {
    return woken.get() != null;
  }

  /**
   * Wakes this waiter, which was {@link #first}, unless a wake-up is outstanding.
   *
   * @return false if it had left, or may have been awake: the caller must look once more
   */
  boolean wake(Waiter<C> waiter) {
    if (!woken.compareAndSet(null, waiter)) {
      return true; // whoever was woken will wake the next
    }
    if (waiter.isWaiting()) {
      attention.set(Attention.WAKING, true);
      waiter.wake();
      if (woken.get() == waiter && !hasHeir()) {
        return true; // whoever answers, or becomes heir, takes the flag back after this look
      }
      attention.set(Attention.WAKING, false);
      return false; // somebody may have relied on the flag
    }
    // It left before it could see the wake-up. If it saw it after all, it passes it on itself.
    return !woken.compareAndSet(waiter, null);
  }

  /** Called by a waiter before it looks around: from now on others may be woken. */
  boolean answer(Waiter<C> waiter) {
    if (woken.get() != waiter || !woken.compareAndSet(waiter, null)) {
      return false;
    }
    attention.set(Attention.WAKING, false); // before it looks around, and after woken: see wake()
    return true;
  }

  /** This waiter was woken in vain; at most one is heir. */
  void declareHeir(Waiter<C> waiter) {
    if (heir.compareAndSet(null, waiter)) {
      attention.set(Attention.WAKING, false); // every release must see that there is an heir
    }
  }

  /** Whether the next release is promised to somebody. */
  boolean hasHeir() {
    return heir.get() != null;
  }

  /** Takes the promise off the heir: the caller is about to fulfil it. */
  @Nullable Waiter<C> claimHeir() {
    Waiter<C> promised = heir.get();
    return promised != null && heir.compareAndSet(promised, null) ? promised : null;
  }
}
