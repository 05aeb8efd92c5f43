package io.connpool.redis;

import io.connpool.Health;
import io.connpool.net.Deadline;
import io.connpool.net.Fuse;
import io.connpool.net.Wire;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One connection to Redis. Owned by one lease and used by one thread at a time.
 *
 * <p><b>Waiting.</b> A call blocks until the replies are there, or until its limit, which is that
 * of the URI's {@code timeout} unless the call has its own. Then it throws {@link
 * java.net.SocketTimeoutException} and the connection is closed, because the replies may still
 * come. An interrupt closes it too.
 *
 * <p><b>Errors.</b> A {@link RedisException} is an answer and costs no connection; any other {@link
 * IOException} means that this connection is of no use any more. A command may have been executed
 * then.
 *
 * <p><b>Reuse.</b> A holder that leaves something behind ({@code SELECT}, {@code CLIENT}, an open
 * {@code MULTI} or {@code WATCH}) costs the connection: it is closed on release. {@code SUBSCRIBE}
 * and the like are refused.
 */
public final class RedisConnection implements Closeable {

  /** What the server says unasked while it hangs up is shorter. */
  private static final int LAST_WORDS = 256;

  private final Wire wire;
  private final Fuse fuse;
  private final ReplyReader replies;
  private final Duration timeout;
  private final Session session = new Session();
  private final ByteBuffer lastWords = ByteBuffer.allocate(LAST_WORDS);
  private boolean broken;

  RedisConnection(Wire wire, Duration timeout) {
    this.wire = wire;
    this.timeout = timeout;
    fuse = wire.newFuse();
    replies = new ReplyReader(wire::read);
  }

  // --- for holders ---

  /**
   * Sends a command and waits for the reply.
   *
   * @param name such as {@code GET}
   * @param arguments as for {@link Command#of}
   * @return the reply, no error
   * @throws RedisException if Redis answers with an error
   * @throws IOException if the connection broke or the time was over
   */
  public Reply call(String name, Object... arguments) throws IOException {
    return call(timeout, Command.of(name, arguments));
  }

  /**
   * As {@link #call(String, Object...)}, with its own limit, as commands that wait need one.
   *
   * @param limit for the whole call, more than zero
   * @param command what to do
   * @return the reply, no error
   * @throws RedisException if Redis answers with an error
   * @throws IOException if the connection broke or the time was over
   */
  public Reply call(Duration limit, Command command) throws IOException {
    return pipeline(limit, List.of(command)).get(0).orThrow();
  }

  /**
   * Sends all commands in one go and waits for all replies: one round trip for any number of them.
   * They are not a transaction; others may come between.
   *
   * @param commands in this order
   * @return one reply for each command, in the same order; each may be an error
   * @throws IOException if the connection broke or the time was over
   */
  public List<Reply> pipeline(List<Command> commands) throws IOException {
    return pipeline(timeout, commands);
  }

  /**
   * As {@link #pipeline(List)}, with its own limit.
   *
   * @param limit for all of it, more than zero
   * @param commands in this order
   * @return one reply for each command
   * @throws IOException if the connection broke or the time was over
   */
  public List<Reply> pipeline(Duration limit, List<Command> commands) throws IOException {
    if (limit.isZero() || limit.isNegative()) {
      throw new IllegalArgumentException("limit must be more than zero, was " + limit);
    }
    Session.check(commands);
    commands.forEach(session::sending);
    return exchange(Deadline.after(limit), commands);
  }

  // --- for the transport ---

  /** Sends what a pool needs, which changes nothing that the next holder would notice. */
  List<Reply> exchange(Deadline deadline, List<Command> commands) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    commands.forEach(command -> command.writeTo(all));
    fuse.arm(deadline);
    try {
      // Before anything is read: Redis keeps replies in memory and goes on reading, so however many
      // commands there are, the two cannot wait for each other.
      wire.write(ByteBuffer.wrap(all.toByteArray()));
      List<Reply> answers = new ArrayList<>(commands.size());
      for (int i = 0; i < commands.size(); i++) {
        answers.add(replies.next());
      }
      return answers;
    } catch (Throwable failure) { // an error too leaves replies unread
      broken = true;
      throw failure;
    } finally {
      fuse.disarm();
    }
  }

  /** Whether the next command would get the reply that is meant for it, from the same database. */
  boolean isReusable() {
    return !broken && wire.isOpen() && replies.isEmpty() && session.isAsDialed();
  }

  /** Whether nobody has ended it and nothing waits in it. */
  Health probe() {
    return wire.probe(lastWords.clear());
  }

  byte[] lastWords() {
    ByteBuffer words = lastWords.duplicate().flip();
    byte[] bytes = new byte[words.remaining()];
    words.get(bytes);
    return bytes;
  }

  /** With a reset: nobody wants what may still come. */
  void abort() throws IOException {
    wire.abort();
  }

  /** Closes it. That is the pool's business; after a holder's, it is not lent again. */
  @Override
  public void close() throws IOException {
    wire.close();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "redis connection to " + wire.remoteAddress();
  }
}
