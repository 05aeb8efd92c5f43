package io.connpool.mux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way from one thread to another, a bounded number. Either side may wait or not: the
 * in-memory channel has two sides that do not, a blocking carrier one on each of its pipes.
 */
final class Pipe {
  private static final int CAPACITY = 64 * 1024;

  /** Held while bytes are copied; nothing waits under it but for the lock's own conditions. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final ByteBuffer bytes = ByteBuffer.allocate(CAPACITY); // always ready to be put into
  private boolean ended;
  private @Nullable IOException failure;
  private Runnable readable = Pipe::tellNobody;
  private Runnable writable = Pipe::tellNobody;

  private static void tellNobody() {}

  /** Whom to tell that there are bytes, or the end, where there were none. */
  void onReadable(Runnable listener) {
    lock.lock();
    try {
      readable = listener;
    } finally {
      lock.unlock();
    }
  }

  /** Whom to tell that there is room where there was none. */
  void onWritable(Runnable listener) {
    lock.lock();
    try {
      writable = listener;
    } finally {
      lock.unlock();
    }
  }

  /** Puts in what fits. */
  int write(ByteBuffer from) throws IOException {
    Runnable toTell;
    int count;
    lock.lock();
    try {
      if (ended) {
        throw failure != null ? failure : new ClosedChannelException();
      }
      count = Math.min(from.remaining(), bytes.remaining());
      bytes.put(from.slice(from.position(), count));
      from.position(from.position() + count);
      changed.signalAll();
      toTell = count > 0 ? readable : Pipe::tellNobody;
    } finally {
      lock.unlock();
    }
    toTell.run();
    return count;
  }

  /**
   * Takes out what is there and fits; 0 if nothing is, -1 at the end. An end that was told before
   * these bytes were taken is told again: whoever was told has seen only them.
   */
  int read(ByteBuffer into) throws IOException {
    Runnable writer;
    Runnable reader;
    int count;
    lock.lock();
    try {
      count = Math.min(into.remaining(), bytes.position());
      if (count == 0) {
        if (failure != null) {
          throw failure;
        }
        return ended ? -1 : 0;
      }
      writer = bytes.hasRemaining() ? Pipe::tellNobody : writable;
      reader = ended ? readable : Pipe::tellNobody;
      bytes.flip();
      into.put(bytes.slice(0, count));
      bytes.position(count);
      bytes.compact();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    writer.run();
    reader.run();
    return count;
  }

  /** As {@link #read}, but waits until there is something; 0 only if the buffer is full. */
  int readWaiting(ByteBuffer into) throws IOException {
    awaitBytes();
    return read(into);
  }

  /** As {@link #write}, but waits until everything is in. */
  void writeWaiting(ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      awaitRoom();
      write(from);
    }
  }

  private void awaitBytes() {
    lock.lock();
    try {
      while (bytes.position() == 0 && !ended) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitRoom() {
    lock.lock();
    try {
      while (!bytes.hasRemaining() && !ended) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return bytes.position() == 0;
    } finally {
      lock.unlock();
    }
  }

  /** No more bytes will be put in; those that are in can be read, unless it ends with a failure. */
  void end(@Nullable IOException why) {
    Runnable reader;
    Runnable writer;
    lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      failure = why;
      changed.signalAll();
      reader = readable;
      writer = writable;
    } finally {
      lock.unlock();
    }
    reader.run();
    writer.run();
  }
}
