package io.connpool.tcp;

import io.connpool.Health;
import io.connpool.net.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * What has come over a wire and was not used yet, and what is still to come. All reads of a {@link
 * Link} go through its one buffer. Used by one thread at a time.
 */
final class Inbox {
  /** Most answers fit; what does not makes the buffer grow while it comes. */
  private static final int USUAL_BUFFER = 8 * 1024;

  /** A buffer that had to grow beyond this is given up when it is empty. */
  private static final int KEPT_BUFFER = 64 * 1024;

  /** How often a burst looks for more; ten times in the usual quiet time of a millisecond. */
  private static final long BURST_POLL = Duration.ofNanos(100_000).toNanos();

  private final Wire wire;
  private ByteBuffer in = ByteBuffer.allocate(USUAL_BUFFER).limit(0);

  /** Answers that were asked for and not read. */
  private int answersOwed;

  /** Plain bytes were written and nothing was read since. */
  private boolean bytesOwed;

  Inbox(Wire wire) {
    this.wire = wire;
  }

  // --- what is to come ---

  void answerAsked() {
    answersOwed++;
  }

  /** One may have come that nobody asked for. */
  void answerRead() {
    answersOwed = Math.max(0, answersOwed - 1);
  }

  int answersOwed() {
    return answersOwed;
  }

  void bytesAsked() {
    bytesOwed = true;
  }

  private boolean owesNothing() {
    return answersOwed == 0 && !bytesOwed;
  }

  /** Whether nothing is unread and nothing is to come. */
  boolean isSettled() {
    return owesNothing() && !in.hasRemaining();
  }

  // --- what has come ---

  ByteBuffer nextFrame(Framing framing) throws IOException {
    int seen = 0;
    while (true) {
      int length = framing.length(in, seen);
      if (length >= 0 && length <= in.remaining()) {
        ByteBuffer frame = in.duplicate().limit(in.position() + length);
        framing.strip(frame);
        byte[] message = new byte[frame.remaining()];
        frame.get(message);
        in.position(in.position() + length);
        used();
        return ByteBuffer.wrap(message);
      }
      seen = in.remaining();
      if (fill(length) < 0) {
        throw ended(rest());
      }
    }
  }

  /** Reads more behind what is unread; the length is how much there will be in all, if known. */
  private int fill(int length) throws IOException {
    if (in.remaining() == in.capacity()) {
      // Not to the announced length at once: a peer must send what it makes us keep.
      int doubled = (int) Math.min(Integer.MAX_VALUE - 8, 2L * in.capacity());
      int capacity = length < 0 ? doubled : Math.min(doubled, length);
      in = ByteBuffer.allocate(Math.max(capacity, in.capacity() + 1)).put(in).flip();
    }
    in.compact();
    try {
      return wire.read(in);
    } finally {
      in.flip();
    }
  }

  private byte[] rest() {
    byte[] rest = new byte[in.remaining()];
    in.get(rest);
    return rest;
  }

  private UnexpectedEofException ended(byte[] partial) {
    return new UnexpectedEofException(
        "%s: the peer finished after %d bytes of what was waited for"
            .formatted(wire.remoteAddress(), partial.length),
        partial);
  }

  private void used() {
    bytesOwed = false;
    if (!in.hasRemaining() && in.capacity() > KEPT_BUFFER) {
      in = ByteBuffer.allocate(USUAL_BUFFER).limit(0);
    }
  }

  int some(ByteBuffer into) throws IOException {
    int count = in.hasRemaining() ? take(into) : wire.read(into);
    if (count > 0) {
      used();
    }
    return count;
  }

  int available(ByteBuffer into) throws IOException {
    int count = in.hasRemaining() ? take(into) : wire.readNow(into);
    if (count > 0) {
      used();
    }
    return count;
  }

  private int take(ByteBuffer into) {
    int count = Math.min(in.remaining(), into.remaining());
    into.put(into.position(), in, in.position(), count);
    into.position(into.position() + count);
    in.position(in.position() + count);
    return count;
  }

  byte[] exactly(int count) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(count);
    while (all.hasRemaining()) {
      if (some(all) < 0) {
        throw ended(Arrays.copyOf(all.array(), all.position()));
      }
    }
    return all.array();
  }

  ByteBuffer burst(Duration quiet, int max) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    boolean more = in.hasRemaining() || fill(Framing.UNKNOWN) > 0;
    while (more) {
      int count = Math.min(in.remaining(), max - all.size());
      all.write(in.array(), in.position(), count);
      in.position(in.position() + count);
      used();
      more = all.size() < max && moreWithin(quiet);
    }
    return ByteBuffer.wrap(all.toByteArray());
  }

  /** Waits without a limit that would cut the wire: silence is no failure here. */
  private boolean moreWithin(Duration quiet) throws IOException {
    long end = System.nanoTime() + quiet.toNanos();
    while (true) {
      in.compact();
      try {
        int count = wire.readNow(in);
        if (count != 0) {
          return count > 0; // the end is told to whoever reads next
        }
      } finally {
        in.flip();
      }
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      LockSupport.parkNanos(Math.min(left, BURST_POLL));
    }
  }

  // --- leftovers ---

  /** Takes what is unread out of it, for whoever takes over the wire. */
  ByteBuffer handOver() {
    return ByteBuffer.wrap(rest());
  }

  /** Reads and forgets what is left, if that is within the bound. */
  Health drained(Drain bound) {
    if (!owesNothing()) {
      return Health.DIRTY;
    }
    if (!in.hasRemaining() && wire.glance() == Health.CLEAN) {
      return Health.CLEAN;
    }
    long end = System.nanoTime() + bound.maxTime().toNanos();
    long thrownAway = 0;
    try {
      do {
        thrownAway += in.remaining();
        in.position(in.limit());
        if (thrownAway > bound.maxBytes() || System.nanoTime() - end >= 0) {
          return Health.DIRTY;
        }
      } while (moreWithin(Drain.QUIET));
      // Either silence or the end, which a look tells apart.
      return wire.probe(ByteBuffer.allocate(1));
    } catch (IOException broken) {
      return Health.STALE;
    }
  }
}
