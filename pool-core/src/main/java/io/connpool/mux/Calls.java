package io.connpool.mux;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests in flight. An id is a number that only goes up; its low bits are the slot, the rest
 * the slot's generation. So a slot is free for the next call at once, and a late answer to the one
 * before carries an id that matches nothing.
 *
 * <p>A call ends by being removed here, which only one can do: whoever did completes it.
 */
final class Calls {
  private final AtomicReferenceArray<Exchange> slots;
  private final int mask;
  private final AtomicLong nextId;

  /** Twice the places: an id whose slot is taken is skipped, which so happens every other time. */
  Calls(int most, long firstId) {
    int size = Integer.highestOneBit(Math.max(16, most)) * 4;
    slots = new AtomicReferenceArray<>(size);
    mask = size - 1;
    nextId = new AtomicLong(firstId);
  }

  /** An id that no other message of this end has or had, never 0. */
  long nextId() {
    long id = nextId.getAndIncrement();
    return id != 0 ? id : nextId.getAndIncrement();
  }

  /** Gives the exchange its id and a slot; false if all slots are taken. */
  boolean add(Exchange exchange) {
    for (int tries = 0; tries <= mask; tries++) {
      long id = nextId();
      int slot = (int) id & mask;
      if (slots.getPlain(slot) == null) { // a hint; the next line decides
        exchange.id = id;
        if (slots.compareAndSet(slot, null, exchange)) {
          return true;
        }
      }
    }
    return false;
  }

  /** The call with this id, or null if it has ended. */
  @Nullable Exchange find(long id) {
    Exchange exchange = slots.get((int) id & mask);
    return exchange != null && exchange.id == id ? exchange : null;
  }

  /** Takes the call out; true for the one who may complete it. */
  boolean remove(Exchange exchange) {
    return slots.compareAndSet((int) exchange.id & mask, exchange, null);
  }

  void forEach(Consumer<Exchange> action) {
    for (int slot = 0; slot <= mask; slot++) {
      Exchange exchange = slots.get(slot);
      if (exchange != null) {
        action.accept(exchange);
      }
    }
  }
}
