package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.connpool.Health;
import io.connpool.net.Deadline;
import io.connpool.net.Fuse;
import io.connpool.net.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The inside of a {@link TcpConn}: its wire, the limit of what is done with it, how it is replaced
 * when it is stale, and what it is worth between two leases. Belongs to whoever has the connection;
 * only {@link #close} and {@link #abort} may come from elsewhere.
 */
final class Link {

  /** Something that reads or writes. */
  @FunctionalInterface
  interface Io<R> {
    R run() throws IOException;
  }

  /** Where a new wire comes from, ready for use. */
  @FunctionalInterface
  interface Opener {
    Wire open(Deadline deadline) throws IOException;
  }

  /** A server that lost the connection long ago says so in a round trip; later it was at work. */
  private static final long STALE_SHOWS_WITHIN = Duration.ofSeconds(1).toNanos();

  /** As much of a farewell as a log can take. */
  private static final int LAST_WORDS = 256;

  private volatile Wire wire;
  private volatile boolean closed;
  private Fuse fuse;
  private Inbox inbox;
  private TcpConn.State state = TcpConn.State.UNPROVEN;
  private @Nullable Throwable failure;

  private @Nullable Opener opener;
  private @Nullable Io<?> greeting;
  private IoRetry retry = IoRetry.NONE;
  private boolean greeted = true;
  private int redials;

  private String lastWords = "";
  private boolean lentBefore;
  private long lastUsed = System.nanoTime();
  private long writtenBeforeLease;
  private long readBeforeLease;

  Link(Wire wire) {
    this.wire = wire;
    inbox = new Inbox(wire);
    fuse = wire.newFuse();
  }

  /** Lets a stale wire be replaced, and makes every new wire begin with a greeting. */
  void replaceableBy(Opener newOpener, IoRetry newRetry, @Nullable Io<?> newGreeting) {
    opener = newOpener;
    retry = newRetry;
    greeting = newGreeting;
  }

  Wire wire() {
    return wire;
  }

  /** Of the present wire: whoever retries must ask anew. */
  Inbox inbox() {
    return inbox;
  }

  int redials() {
    return redials;
  }

  TcpConn.State state() {
    return state;
  }

  // --- what runs under a limit ---

  <R> R limited(Duration limit, Io<R> io) throws IOException {
    return attempt(Deadline.after(limit), io);
  }

  private <R> R attempt(Deadline deadline, Io<R> io) throws IOException {
    if (state == TcpConn.State.BROKEN) {
      throw new IOException("the connection is broken since an earlier failure", failure);
    }
    fuse.arm(deadline);
    try {
      R result = io.run();
      lastUsed = System.nanoTime(); // not before: an answer that took long is no reason to probe
      state = TcpConn.State.PROVEN;
      return result;
    } catch (Throwable broke) {
      state = TcpConn.State.BROKEN;
      failure = broke;
      throw broke;
    } finally {
      fuse.disarm();
    }
  }

  /** As {@link #limited}, and replaces the wire where {@link IoRetry} says that this is safe. */
  <R> R retrying(Deadline deadline, boolean idempotent, Io<R> io) throws IOException {
    boolean untouched = untouched() && greeted;
    boolean stale = lentBefore && untouched;
    int budget = opener != null && untouched ? retry.budget(stale) : 0;
    for (int retries = 0; ; retries++) {
      long began = System.nanoTime();
      boolean sent = false;
      try {
        if (retries > 0) {
          replaceWire(deadline, stale && retries == 1 ? Duration.ZERO : retry.pause());
        }
        sent = true;
        return attempt(deadline, io);
      } catch (IOException failed) {
        boolean early = !stale || System.nanoTime() - began < STALE_SHOWS_WITHIN;
        boolean safe = !sent || (nothingRead() && (idempotent || nothingWritten()));
        if (retries >= budget
            || !early
            || !safe
            || deadline.hasPassed()
            || failed instanceof ClosedByInterruptException
            || failed instanceof FrameException) {
          throw failed;
        }
      }
    }
  }

  private boolean untouched() {
    return nothingRead() && nothingWritten();
  }

  private boolean nothingRead() {
    return wire.bytesRead() == readBeforeLease;
  }

  boolean nothingWritten() {
    return wire.bytesWritten() == writtenBeforeLease;
  }

  private void replaceWire(Deadline deadline, Duration pause) throws IOException {
    pause(pause, deadline);
    Opener from = opener;
    if (from == null) {
      throw new ClosedChannelException();
    }
    wire.abort();
    Wire fresh = from.open(deadline);
    wire = fresh;
    if (closed) { // after the close had looked for the wire
      fresh.close();
      throw new ClosedChannelException();
    }
    redials++;
    fuse = fresh.newFuse();
    inbox = new Inbox(fresh);
    state = TcpConn.State.UNPROVEN;
    failure = null;
    greet();
    markLease();
  }

  /** Makes a new wire ready, as by logging in. What is done now is no business of the lease. */
  void greet() throws IOException {
    greetOnly();
    if (atRest() != Health.CLEAN) {
      throw new IOException("the greeting of a new connection left something in it: " + atRest());
    }
    markLease();
  }

  /** As {@link #greet}, for a peer that may go on talking at once. */
  void greetOnly() throws IOException {
    Io<?> hello = greeting;
    if (hello != null) {
      greeted = false;
      hello.run();
      greeted = true;
    }
  }

  private static void pause(Duration pause, Deadline deadline) throws IOException {
    long end = System.nanoTime() + Math.min(pause.toNanos(), deadline.remainingNanos());
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
      if (Thread.currentThread().isInterrupted()) {
        throw new ClosedByInterruptException();
      }
    }
  }

  // --- between leases ---

  /** What can be told without a system call. */
  Health atRest() {
    if (state == TcpConn.State.BROKEN || !wire.isOpen()) {
      return Health.STALE;
    }
    return inbox.isSettled() ? Health.CLEAN : Health.DIRTY;
  }

  /** A lease begins. What happened before, such as a heartbeat, is no part of it. */
  void leased() {
    markLease();
  }

  /** A lease has ended. */
  Health released(@Nullable Drain drain) {
    Health left = atRest();
    if (drain != null && left != Health.STALE) {
      left = inbox.drained(drain);
    }
    lentBefore = true;
    state = state == TcpConn.State.BROKEN ? state : TcpConn.State.UNPROVEN;
    return left;
  }

  /** The look before a lease, by how long it lay idle. */
  Health look(long probeAfterNanos) {
    Health seen = atRest();
    if (seen != Health.CLEAN) {
      return seen;
    }
    if (System.nanoTime() - lastUsed < probeAfterNanos) {
      seen = wire.glance();
      return seen == Health.DIRTY ? probed() : seen;
    }
    return probed();
  }

  private Health probed() {
    ByteBuffer words = ByteBuffer.allocate(LAST_WORDS);
    Health seen = wire.probe(words);
    if (words.position() > 0) {
      lastWords = ISO_8859_1.decode(words.flip()).toString();
    }
    return seen;
  }

  /** What came when nothing was asked. */
  String lastWords() {
    return lastWords;
  }

  private void markLease() {
    writtenBeforeLease = wire.bytesWritten();
    readBeforeLease = wire.bytesRead();
  }

  void close() throws IOException {
    closed = true;
    wire.close();
  }

  void abort() throws IOException {
    closed = true;
    wire.abort();
  }
}
