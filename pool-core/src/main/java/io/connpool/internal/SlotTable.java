package io.connpool.internal;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All slots of a pool, and a hint for each thread where it found a connection last. Both are only
 * ways to find a slot: what is true stands in the slot's word.
 *
 * <p>Misses scan from slot 0. As everything idle is parked once a second, and hints to parked slots
 * miss, light load moves to the lowest slots and the rest can expire.
 */
final class SlotTable<C> {
  /**
   * Hints are found by the low bits of the thread id: consecutive ids of a fixed set of threads
   * spread perfectly, virtual threads evenly, and nothing is kept for a thread that is gone.
   */
  private static final int HINTS = 64;

  /** References between two hints: 16 x 4 bytes keep each on a cache line of its own. */
  private static final int STRIDE = 16;

  private final Engine<C> engine;
  private final Slot<C>[] hints;

  /** Where {@link #takeLoaded} begins to look. */
  private int turn;

  /** Only ever replaced by a longer copy, by the one thread that is in {@link #reserve}. */
  private volatile Slot<C>[] slots;

  SlotTable(Engine<C> engine) {
    this.engine = engine;
    slots = array(1);
    slots[0] = new Slot<>(engine, 0);
    hints = array(HINTS * STRIDE);
    Arrays.fill(hints, slots[0]);
  }

  Slot<C>[] all() {
    return slots;
  }

  /**
   * Where this thread should look first. Reading a hint while another thread writes it is harmless:
   * a slot is safely published by its final fields, and any slot of this pool is a valid answer.
   */
  Slot<C> hint() {
    return hints[hintIndex()];
  }

  private void remember(Slot<C> slot) {
    int index = hintIndex();
    if (hints[index] != slot) { // an unneeded write would take the line from the other threads
      hints[index] = slot;
    }
  }

  private static int hintIndex() {
    return ((int) Thread.currentThread().getId() & (HINTS - 1)) * STRIDE;
  }

  /** Takes the first connection from this index on, then from 0, that is idle or has room. */
  @Nullable Loan<C> takeIdle(int from) {
    Slot<C>[] all = slots;
    int start = from < all.length ? from : 0;
    for (int i = 0; i < all.length; i++) {
      int index = start + i;
      Slot<C> slot = all[index < all.length ? index : index - all.length];
      long word = slot.word;
      if (Slot.isIdle(word) && slot.tryLease(word)) {
        remember(slot);
        return new ExclusiveLease<>(slot, Slot.stampOf(word));
      }
      if (isEasy(slot, word)) {
        Loan<C> loan = SharedLease.of(slot, slot.tryJoin());
        if (loan != null) {
          return loan;
        }
      }
    }
    return null;
  }

  /** Whether it has room and less to do than what it should have before another one is dialed. */
  private boolean isEasy(Slot<C> slot, long word) {
    return slot.hasRoom(word) && burden(slot, word) < slot.growAt;
  }

  /**
   * What a shared connection has to do. Without shares it counts as free whatever it says: it may
   * be parked at any moment, so that a search that passed it by once would not find it any more.
   */
  private int burden(Slot<C> slot, long word) {
    int shares = Slot.shares(word);
    // Perhaps that of a successor already: then the choice is worse than it could be, not wrong.
    C connection = shares == 0 ? null : slot.connection;
    return connection == null ? shares : Math.max(shares, engine.transport.load(connection));
  }

  /**
   * When every shared connection has as much to do as it should: takes the one of two that has
   * less. Two taken in turn are nearly as good as the best of all, and no herd meets there.
   */
  @Nullable Loan<C> takeLoaded() {
    Slot<C>[] all = slots;
    int start = turn++ & Integer.MAX_VALUE; // threads that race here only share a turn
    Slot<C> less = null;
    for (int i = 0; i < all.length; i++) {
      Slot<C> slot = all[(start + i) % all.length];
      if (!slot.hasRoom(slot.word)) {
        continue;
      }
      if (less != null) {
        less = burden(slot, slot.word) < burden(less, less.word) ? slot : less;
        break;
      }
      less = slot;
    }
    if (less == null) {
      return null;
    }
    Loan<C> loan = SharedLease.of(less, less.tryJoin());
    for (int i = 0; i < all.length && loan == null; i++) { // somebody was faster: then any other
      loan = SharedLease.of(all[i], all[i].tryJoin());
    }
    return loan;
  }

  /**
   * Takes the first parked connection whose last use or heartbeat is younger than the limit; or a
   * shared one with room, because one that was parked when {@link #takeIdle} looked at it may have
   * been taken by somebody who leaves room in it, and nobody says so.
   *
   * @param provenAfter the moment before which a use or heartbeat is too old
   */
  @Nullable Loan<C> takeParked(long provenAfter) {
    for (Slot<C> slot : slots) {
      long word = slot.word;
      // the time is read before the word is won, but a word that is won has not changed since
      if (Slot.isParked(word) && slot.provenAt - provenAfter >= 0) {
        if (slot.shared) {
          Loan<C> loan = SharedLease.of(slot, slot.tryJoinParked(word));
          if (loan != null) {
            return loan;
          }
        } else {
          long stamp = slot.tryLeaseParked(word);
          if (stamp != 0) {
            remember(slot);
            return new ExclusiveLease<>(slot, stamp);
          }
        }
      }
      if (isEasy(slot, slot.word)) {
        Loan<C> loan = SharedLease.of(slot, slot.tryJoin());
        if (loan != null) {
          return loan;
        }
      }
    }
    return null;
  }

  /** Whether somebody could be served without a clock, by a connection that has little to do. */
  boolean hasEasy() {
    for (Slot<C> slot : slots) {
      long word = slot.word;
      if (Slot.isIdle(word) || isEasy(slot, word)) {
        return true;
      }
    }
    return false;
  }

  /** A share of the first shared connection with room whose dial began after that of this one. */
  @Nullable Loan<C> takeShareYoungerThan(long serial) {
    for (Slot<C> slot : slots) {
      // asked without a share in it, but whatever replaces a connection is younger still
      if (slot.serial > serial && slot.hasRoom(slot.word)) {
        Loan<C> loan = SharedLease.of(slot, slot.tryJoin());
        if (loan != null) {
          return loan;
        }
      }
    }
    return null;
  }

  /** Whether somebody could be served at this moment without a clock. */
  boolean hasIdle() {
    for (Slot<C> slot : slots) {
      long word = slot.word;
      if (Slot.isIdle(word) || slot.hasRoom(word)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reserves an empty slot, adding one if there is none. Called by one thread at a time; the caller
   * has made sure that the limit allows one more.
   */
  Slot<C> reserve() {
    Slot<C>[] now = slots;
    for (Slot<C> slot : now) {
      if (slot.tryReserve()) {
        return slot;
      }
    }
    int length = now.length;
    Slot<C>[] longer = Arrays.copyOf(now, length + 1);
    longer[length] = new Slot<>(engine, length);
    longer[length].tryReserve();
    slots = longer;
    return longer[length];
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <C> Slot<C>[] array(int length) {
    return (Slot<C>[]) new Slot[length];
  }
}
