package io.connpool.tcp;

import io.connpool.ConnSignals;
import io.connpool.net.Deadline;
import io.connpool.net.Fuse;
import io.connpool.net.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One established connection of a {@link PersistentTcp}. A thread of its own, {@code
 * connpool-reader}, reads ahead into a bounded buffer: so the end is noticed when it comes, a
 * reader that waits in vain costs the connection nothing, and reading never holds up writing.
 */
final class Line {
  private static final int BUFFER = 64 * 1024;

  private final Wire wire;
  private final Fuse writeFuse;
  private final ConnSignals signals;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** What was read ahead, from 0 to its position. Guarded by the lock. */
  private final ByteBuffer ahead = ByteBuffer.allocate(BUFFER);

  /** Guarded by the lock. */
  private @Nullable Throwable end;

  Line(Wire wire, ByteBuffer first, ConnSignals signals) {
    this.wire = wire;
    this.signals = signals;
    writeFuse = wire.newFuse();
    ahead.put(first);
  }

  void start() {
    Thread reader = new Thread(this::readAhead, "connpool-reader");
    reader.setDaemon(true);
    reader.start();
  }

  Wire wire() {
    return wire;
  }

  private void readAhead() {
    ByteBuffer piece = ByteBuffer.allocate(BUFFER / 8);
    Throwable why = new EOFException(wire.remoteAddress() + ": the peer has finished");
    try {
      while (wire.read(piece.clear()) >= 0) {
        keep(piece.flip());
      }
    } catch (IOException | InterruptedException broke) {
      why = broke;
    }
    ended(why);
    signals.dead(why);
  }

  private void keep(ByteBuffer piece) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (ahead.remaining() < piece.remaining() && end == null) {
        changed.await();
      }
      if (end == null) {
        ahead.put(piece);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void ended(Throwable why) {
    lock.lock();
    try {
      if (end == null) {
        end = why;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes what was read ahead, waiting for the first byte.
   *
   * @return how many bytes; 0 if the time is over; -1 if it ended and nothing is left
   */
  int take(ByteBuffer into, Deadline deadline) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = deadline.remainingNanos();
      while (ahead.position() == 0 && end == null && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (ahead.position() == 0) {
        return end == null ? 0 : -1;
      }
      ahead.flip();
      int count = Math.min(ahead.remaining(), into.remaining());
      into.put(into.position(), ahead, 0, count);
      into.position(into.position() + count);
      ahead.position(count);
      ahead.compact();
      changed.signalAll();
      return count;
    } finally {
      lock.unlock();
    }
  }

  @Nullable Throwable whyEnded() {
    lock.lock();
    try {
      return end;
    } finally {
      lock.unlock();
    }
  }

  /** One writer at a time. */
  void write(ByteBuffer from, Deadline deadline) throws IOException {
    writeFuse.arm(deadline);
    try {
      wire.write(from);
    } finally {
      writeFuse.disarm();
    }
  }

  void close() throws IOException {
    ended(new IOException("closed on this side"));
    wire.close();
  }
}
