package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Server-sent events to any number of readers. Who comes later gets what was sent in the last
 * minute first, so that a page that is loaded again goes on where it was.
 */
final class EventStream {

  /** A minute at two a second. */
  static final int LOOKS = 120;

  private static final int EVENTS = 200;

  /** A reader that is so far behind is not reading any more. */
  private static final int BACKLOG = 2 * (LOOKS + EVENTS);

  /** More pages than anybody watches; each costs a thread. */
  private static final int MOST_READERS = 16;

  /** A page that has gone is noticed when something is written to it. */
  private static final long SILENCE_SECONDS = 5;

  /** Pages that read at all have read it by then. */
  private static final long FAREWELL_MILLIS = 1_000;

  private static final String END = "event: bye\ndata: {}\n\n";

  // All guarded by this, for as long as it takes to move a reference.
  private final Deque<String> looks = new ArrayDeque<>();
  private final Deque<String> events = new ArrayDeque<>();
  private final Set<BlockingQueue<String>> readers = new HashSet<>();
  private boolean ended;

  /** One for each reader. */
  private final Semaphore places = new Semaphore(MOST_READERS);

  /** Figures, of which the last minute is kept. */
  void look(Json data) {
    send("look", data, looks, LOOKS);
  }

  /** Something that happened. */
  void event(Json data) {
    send("happened", data, events, EVENTS);
  }

  private synchronized void send(String type, Json data, Deque<String> kept, int most) {
    String message = "event: " + type + "\ndata: " + data + "\n\n";
    kept.addLast(message);
    if (kept.size() > most) {
      kept.removeFirst();
    }
    readers.removeIf(reader -> !reader.offer(message));
  }

  /** Nothing more will come. Waits a moment for readers to be told. */
  void end() throws InterruptedException {
    bidFarewell();
    boolean unused = places.tryAcquire(MOST_READERS, FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
  }

  private synchronized void bidFarewell() {
    ended = true;
    readers.forEach(reader -> reader.offer(END));
  }

  private synchronized boolean join(BlockingQueue<String> reader) {
    reader.addAll(events);
    reader.addAll(looks);
    return !ended && readers.add(reader);
  }

  private synchronized boolean isReading(BlockingQueue<String> reader) {
    return readers.contains(reader);
  }

  private synchronized void leave(BlockingQueue<String> reader) {
    readers.remove(reader);
  }

  /**
   * Writes what is sent, until the end or until nobody reads it, and closes. Nothing if there are
   * too many readers, or nothing will come.
   *
   * @throws IOException when the reader has gone
   */
  void copyTo(OutputStream out) throws IOException, InterruptedException {
    if (!places.tryAcquire()) {
      return;
    }
    BlockingQueue<String> reader = new ArrayBlockingQueue<>(BACKLOG);
    try (out) { // closed before its place is free: the end of the response belongs to the farewell
      if (!join(reader)) {
        return;
      }
      String message = "";
      while (!message.equals(END) && isReading(reader)) {
        message = reader.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
          message = ":\n\n"; // a comment
        }
        out.write(message.getBytes(UTF_8));
        out.flush();
      }
    } finally {
      leave(reader);
      places.release();
    }
  }
}
