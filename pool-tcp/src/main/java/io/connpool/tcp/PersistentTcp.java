package io.connpool.tcp;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.PoolClosedException;
import io.connpool.Transport;
import io.connpool.net.Deadline;
import io.connpool.persistent.PersistentBuilder;
import io.connpool.persistent.PersistentConnection;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream of bytes to one peer that is dialed again whenever it is lost. Thread safe: reads take
 * turns, writes take turns, and neither waits for the other.
 *
 * <p><b>When the connection is lost,</b> what is going on fails with {@link
 * ConnectionLostException}, and so does whatever was begun before: nothing is continued on another
 * connection. A reader first gets all that had come on the lost one, then the exception, then the
 * bytes of the next, so it always knows where one stream ends and another begins.
 *
 * <p><b>While it is down,</b> reads and writes wait within their limit, or fail at once with {@link
 * PersistentBuilder#failFast}, with {@link io.connpool.persistent.NotConnectedException}. At most
 * so many writes wait as the queue holds.
 *
 * <p>A read that gets nothing in its time harms nothing. A write that does not get through in its
 * time, or is interrupted, ends the connection: nobody knows what the peer has of it.
 */
public final class PersistentTcp implements AutoCloseable {
  private final PersistentConnection<Line> connection;
  private final String peer;
  private final Duration timeout;
  private final int queue;
  private final Semaphore writers;
  private final ReentrantLock reading = new ReentrantLock();
  private final ReentrantLock writing = new ReentrantLock(true);

  /** What is being read, to its end; the next one only then. Guarded by reading for writing. */
  private volatile @Nullable Line source;

  private PersistentTcp(Builder settings) {
    TcpTransport transport = settings.where.transport();
    peer = settings.where.toString();
    timeout = settings.where.timeout();
    queue = settings.queue;
    writers = new Semaphore(queue);
    PersistentBuilder<Line> builder = PersistentConnection.of(new Lines(transport)).name("tcp");
    settings.persistence.accept(builder);
    connection = builder.start();
  }

  /**
   * Begins to describe one.
   *
   * @param where how it is dialed, greeted and limited; the settings of a pool do not matter
   * @return a builder with the documented defaults
   */
  public static Builder over(TcpPoolBuilder where) {
    return new Builder(where);
  }

  /** Describes a persistent stream. Not thread safe. */
  public static final class Builder {
    private final TcpPoolBuilder where;
    private int queue = 64;
    private Consumer<PersistentBuilder<?>> persistence = builder -> {};

    private Builder(TcpPoolBuilder where) {
      this.where = Objects.requireNonNull(where, "where");
    }

    /**
     * How many writes there may be at once, those that wait for their turn or for the connection
     * included.
     *
     * @param writes 1 or more; default 64
     * @return this
     */
    public Builder queue(int writes) {
      queue = Limits.positive("queue", writes);
      return this;
    }

    /**
     * The pauses between dials, the listener, and whatever else makes it persistent.
     *
     * @param settings applied once, when it is started
     * @return this
     */
    public Builder persistence(Consumer<PersistentBuilder<?>> settings) {
      persistence = Objects.requireNonNull(settings, "persistence");
      return this;
    }

    /**
     * Begins to dial, in the background. Returns at once.
     *
     * @return the stream; to be closed by the caller
     */
    public PersistentTcp start() {
      return new PersistentTcp(this);
    }
  }

  /** How a line is made and ended. */
  private record Lines(TcpTransport transport) implements Transport<Line> {
    @Override
    public Line dial(DialContext context) throws Exception {
      TcpConn conn = transport.openTalkative(Deadline.of(context));
      Line line = new Line(conn.link().wire(), conn.link().inbox().handOver(), context.signals());
      line.start();
      return line;
    }

    @Override
    public void close(Line line, CloseReason reason) throws Exception {
      line.close();
    }
  }

  /**
   * Reads what has come, waiting for the first byte.
   *
   * @param into has room
   * @return how many bytes, 1 or more
   * @throws SocketTimeoutException if nothing came in the time; the connection is as it was
   * @throws ConnectionLostException if the connection was lost, and everything on it has been read
   * @throws io.connpool.persistent.NotConnectedException if it is down
   * @throws PoolClosedException if this is closed
   * @throws InterruptedException if interrupted; the connection is as it was
   * @throws IOException never otherwise
   */
  public int read(ByteBuffer into) throws IOException, InterruptedException {
    return read(into, timeout);
  }

  /**
   * As {@link #read(ByteBuffer)}.
   *
   * @param into has room
   * @param limit more than zero
   * @return how many bytes, 1 or more
   * @throws IOException as for {@link #read(ByteBuffer)}
   * @throws InterruptedException as for {@link #read(ByteBuffer)}
   */
  public int read(ByteBuffer into, Duration limit) throws IOException, InterruptedException {
    if (!into.hasRemaining()) {
      throw new IllegalArgumentException("the buffer must have room, was " + into);
    }
    Deadline deadline = Deadline.after(Limits.positive(limit));
    Line begunOn = source;
    if (!reading.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      throw new SocketTimeoutException(peer + ": others read all the time");
    }
    try {
      if (begunOn != null && source != begunOn) {
        throw new ConnectionLostException("read", peer, 0, begunOn.whyEnded());
      }
      return readFrom(current(deadline), into, deadline);
    } finally {
      reading.unlock();
    }
  }

  private Line current(Deadline deadline) throws InterruptedException {
    Line line = source;
    if (line == null) {
      line = connection.up(deadline.remaining()).connection();
      source = line;
    }
    return line;
  }

  private int readFrom(Line line, ByteBuffer into, Deadline deadline)
      throws IOException, InterruptedException {
    int count = line.take(into, deadline);
    if (count < 0) {
      source = null;
      if (connection.state() == PersistentConnection.State.CLOSED) {
        throw new PoolClosedException(peer + " is closed");
      }
      throw new ConnectionLostException("read", peer, 0, line.whyEnded());
    }
    if (count == 0) {
      throw new SocketTimeoutException(peer + ": nothing came in the time");
    }
    return count;
  }

  /**
   * Writes everything.
   *
   * @param from empty afterwards
   * @throws WriteQueueFullException if too many writes are waiting; nothing was written
   * @throws SocketTimeoutException if its turn did not come in the time; nothing was written
   * @throws ConnectionLostException if the connection was lost before or while it was written, or
   *     it took too long
   * @throws io.connpool.persistent.NotConnectedException if it is down
   * @throws PoolClosedException if this is closed
   * @throws InterruptedException if interrupted before it was begun
   * @throws IOException never otherwise
   */
  public void write(ByteBuffer from) throws IOException, InterruptedException {
    write(from, timeout);
  }

  /**
   * As {@link #write(ByteBuffer)}.
   *
   * @param from empty afterwards
   * @param limit more than zero
   * @throws IOException as for {@link #write(ByteBuffer)}
   * @throws InterruptedException as for {@link #write(ByteBuffer)}
   */
  public void write(ByteBuffer from, Duration limit) throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(Limits.positive(limit));
    if (!writers.tryAcquire()) {
      throw new WriteQueueFullException(peer + ": " + queue + " writes are waiting already");
    }
    try {
      PersistentConnection.Up<Line> mine = connection.up(deadline.remaining());
      if (!writing.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
        throw new SocketTimeoutException(peer + ": the writes before it took all the time");
      }
      try {
        write(from, mine, deadline);
      } finally {
        writing.unlock();
      }
    } finally {
      writers.release();
    }
  }

  private void write(ByteBuffer from, PersistentConnection.Up<Line> mine, Deadline deadline)
      throws ConnectionLostException {
    Line line = mine.connection();
    long before = line.wire().bytesWritten();
    try {
      if (!line.wire().isOpen()) {
        throw new IOException("lost before it began", line.whyEnded());
      }
      line.write(from, deadline);
    } catch (IOException failure) {
      connection.lost(mine.epoch(), failure);
      throw new ConnectionLostException(
          "write", peer, line.wire().bytesWritten() - before, failure);
    }
  }

  /**
   * What it is doing at this moment.
   *
   * @return never null
   */
  public PersistentConnection.State state() {
    return connection.state();
  }

  /**
   * The number of the latest connection that came up.
   *
   * @return 0 before the first
   */
  public long epoch() {
    return connection.epoch();
  }

  /**
   * Waits until it is up.
   *
   * @param limit zero or more
   * @return whether it is
   * @throws InterruptedException if interrupted
   */
  public boolean awaitUp(Duration limit) throws InterruptedException {
    return connection.awaitUp(limit);
  }

  /** Dials at once if it is down; if it is up, lets it go and dials a new one. */
  public void reconnectNow() {
    connection.reconnectNow();
  }

  /**
   * This side's address.
   *
   * @return empty while it is down
   */
  public Optional<SocketAddress> localAddress() {
    return connection.current().map(line -> line.wire().localAddress());
  }

  /**
   * The peer's address.
   *
   * @return empty while it is down
   */
  public Optional<SocketAddress> remoteAddress() {
    return connection.current().map(line -> line.wire().remoteAddress());
  }

  /** Closes it for ever, see {@link PersistentConnection#close()}. */
  @Override
  public void close() {
    connection.close();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "PersistentTcp[" + peer + ", " + state() + "]";
  }
}
