package io.connpool.mux;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The two limits of what a connection may take on: requests in flight and bytes pending. What finds
 * no room queues, first come first served; nobody who comes later overtakes.
 *
 * <p>A message larger than the limit on bytes is let in when nothing else is pending.
 */
final class Gate {
  /**
   * A bound where there is no other: callers that block are as many as there are threads, but an
   * asynchronous caller that ignores its futures would queue for ever.
   */
  static final int MOST_WAITING = 1 << 16;

  private volatile int mostCalls;
  private final long mostBytes;
  private final Consumer<Exchange> admitted;

  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  /** Held for a few field accesses, never while anything waits or runs. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<Exchange> queue = new ArrayDeque<>(); // guarded by lock
  private boolean closed; // guarded by lock

  /** The queue's length, raised before a waiter looks for room and read after room was made. */
  private volatile int waiting;

  /**
   * A gate with nobody inside.
   *
   * @param admitted called for each exchange that had to queue, on the thread that made room
   */
  Gate(int mostCalls, long mostBytes, Consumer<Exchange> admitted) {
    this.mostCalls = mostCalls;
    this.mostBytes = mostBytes;
    this.admitted = admitted;
  }

  /** The peer has said how many it takes. */
  void lowerCalls(int most) {
    mostCalls = Math.min(mostCalls, most);
  }

  int mostCalls() {
    return mostCalls;
  }

  int calls() {
    return calls.get();
  }

  long bytes() {
    return bytes.get();
  }

  int waiting() {
    return waiting;
  }

  /**
   * Answers are never held back, so that no handler waits for a peer that reads slowly; but at this
   * many times the limit no more work is taken on that leads to answers.
   */
  private static final int OVERFULL = 16;

  boolean isOverfull() {
    return bytes.get() / OVERFULL >= mostBytes;
  }

  boolean tryEnter(Exchange exchange) {
    return waiting == 0 && reserve(exchange);
  }

  /** Counts what must be sent whatever the limits say, such as answers. */
  void force(long count) {
    bytes.addAndGet(count);
  }

  private boolean reserve(Exchange exchange) {
    int places = exchange.places();
    if (places > 0 && !takePlace()) {
      return false;
    }
    if (takeBytes(exchange.cost())) {
      return true;
    }
    calls.addAndGet(-places);
    return false;
  }

  private boolean takePlace() {
    int seen = calls.get();
    while (seen < mostCalls) {
      int witness = calls.compareAndExchange(seen, seen + 1);
      if (witness == seen) {
        return true;
      }
      seen = witness;
    }
    return false;
  }

  private boolean takeBytes(long count) {
    long seen = bytes.get();
    while (seen == 0 || seen + count <= mostBytes) {
      long witness = bytes.compareAndExchange(seen, seen + count);
      if (witness == seen) {
        return true;
      }
      seen = witness;
    }
    return false;
  }

  /**
   * Queues; false if the queue is full or closed. The exchange may be admitted before this ends.
   */
  boolean queue(Exchange exchange) {
    exchange.waitForAdmission();
    lock.lock();
    try {
      if (closed || queue.size() >= MOST_WAITING) {
        return false;
      }
      queue.add(exchange);
      waiting = queue.size();
    } finally {
      lock.unlock();
    }
    admitWaiting(); // room made before the queue could be seen has told nobody
    return true;
  }

  /** A call has ended. */
  void leave(int count) {
    calls.addAndGet(-count);
    admitWaiting();
  }

  /** Bytes have left the queue of the outbox. */
  void freed(long count) {
    bytes.addAndGet(-count);
    admitWaiting();
  }

  /** Forgets an exchange that was withdrawn while it waited. */
  void forget(Exchange exchange) {
    lock.lock();
    try {
      queue.remove(exchange);
      waiting = queue.size();
    } finally {
      lock.unlock();
    }
    admitWaiting(); // it may have been a large one at the head, and those behind it fit
  }

  private void admitWaiting() {
    Exchange next;
    while (waiting > 0 && (next = pollAdmissible()) != null) {
      admitted.accept(next);
    }
  }

  private @Nullable Exchange pollAdmissible() {
    lock.lock();
    try {
      Exchange first;
      while ((first = queue.peek()) != null && reserve(first)) {
        queue.remove();
        waiting = queue.size();
        if (first.admit()) {
          return first;
        }
        calls.addAndGet(-first.places()); // withdrawn just now; the loop serves the next
        bytes.addAndGet(-first.cost());
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Those whose deadline has passed; they still have to be withdrawn. */
  List<Exchange> expired(long now) {
    List<Exchange> expired = new ArrayList<>();
    if (waiting > 0) {
      lock.lock();
      try {
        for (Exchange exchange : queue) {
          if (exchange.deadline - now <= 0) {
            expired.add(exchange);
          }
        }
      } finally {
        lock.unlock();
      }
    }
    return expired;
  }

  /** Lets nobody in or queue any more; those that waited still have to be withdrawn. */
  List<Exchange> close() {
    lock.lock();
    try {
      closed = true;
      List<Exchange> left = new ArrayList<>(queue);
      queue.clear();
      waiting = 0;
      return left;
    } finally {
      lock.unlock();
    }
  }
}
