package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.connpool.Health;
import io.connpool.net.Deadline;
import io.connpool.net.Fuse;
import io.connpool.net.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The inside of a {@link TcpConn}: its wire, what was read and not used yet, what is owed over it,
 * and how a stale one is replaced. Belongs to whoever has the connection; only {@link #close} and
 * {@link #abort} may come from elsewhere.
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

  /** Most answers fit; what does not makes the buffer grow while it comes. */
  private static final int USUAL_BUFFER = 8 * 1024;

  /** A buffer that had to grow beyond this is given up when it is empty. */
  private static final int KEPT_BUFFER = 64 * 1024;

  /** A server that lost the connection long ago says so in a round trip; later it was at work. */
  private static final long STALE_SHOWS_WITHIN = Duration.ofSeconds(1).toNanos();

  /** How often a burst looks for more; ten times in the usual quiet time of a millisecond. */
  private static final long BURST_POLL = Duration.ofNanos(100_000).toNanos();

  /** As much of a farewell as a log can take. */
  private static final int LAST_WORDS = 256;

  private volatile Wire wire;
  private volatile boolean closed;
  private Fuse fuse;
  private ByteBuffer in = ByteBuffer.allocate(USUAL_BUFFER).limit(0);
  private TcpConn.State state = TcpConn.State.UNPROVEN;
  private @Nullable Throwable failure;

  /** Answers that were asked for and not read. */
  int answersOwed;

  /** Plain bytes were written and nothing was read since. */
  boolean bytesOwed;

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
    lastUsed = System.nanoTime();
    fuse.arm(deadline);
    try {
      R result = io.run();
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
    in.limit(in.position());
    state = TcpConn.State.UNPROVEN;
    failure = null;
    answersOwed = 0;
    bytesOwed = false;
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

  /** What has come and was not read, for whoever takes over the wire. */
  ByteBuffer unread() {
    return ByteBuffer.wrap(rest());
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

  // --- reading and writing, under a limit ---

  void send(ByteBuffer... from) throws IOException {
    wire.write(from);
  }

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

  // --- between leases ---

  /** What can be told without a system call. */
  Health atRest() {
    if (state == TcpConn.State.BROKEN || !wire.isOpen()) {
      return Health.STALE;
    }
    return answersOwed > 0 || bytesOwed || in.hasRemaining() ? Health.DIRTY : Health.CLEAN;
  }

  /** A lease begins. What happened before, such as a heartbeat, is no part of it. */
  void leased() {
    markLease();
  }

  /** A lease has ended. */
  Health released(@Nullable Drain drain) {
    Health left = atRest();
    if (drain != null && left != Health.STALE && answersOwed == 0 && !bytesOwed) {
      left = drained(drain);
    }
    lentBefore = true;
    state = state == TcpConn.State.BROKEN ? state : TcpConn.State.UNPROVEN;
    return left;
  }

  private Health drained(Drain drain) {
    if (!in.hasRemaining() && wire.glance() == Health.CLEAN) {
      return Health.CLEAN;
    }
    long end = System.nanoTime() + drain.maxTime().toNanos();
    long thrownAway = 0;
    try {
      do {
        thrownAway += in.remaining();
        in.position(in.limit());
        if (thrownAway > drain.maxBytes() || System.nanoTime() - end >= 0) {
          return Health.DIRTY;
        }
      } while (moreWithin(Drain.QUIET));
      // Either silence or the end, which a look tells apart.
      return wire.probe(ByteBuffer.allocate(1));
    } catch (IOException broken) {
      return Health.STALE;
    }
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
