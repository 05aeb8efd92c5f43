package io.connpool.demo;

import io.connpool.net.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The protocol: a request is an id that was never used before, and the answer must be the same id.
 * Every answer is checked here, those to heartbeats too, so none can be wrong unnoticed.
 */
final class Echo {
  private final AtomicLong lastId = new AtomicLong();
  private final AtomicLong wrongAnswers = new AtomicLong();

  /**
   * One exchange.
   *
   * @param channel a connected, blocking channel of the caller's
   * @param limit how long the answer may take
   * @throws WrongAnswer if the answer is not the one to this request
   * @throws SocketTimeoutException if there was none in time
   * @throws EOFException if the server closed the connection instead
   * @throws IOException if the connection broke
   */
  void ask(SocketChannel channel, Duration limit) throws IOException {
    Deadline deadline = Deadline.after(limit);
    long id = newId();
    // Cannot block: the request before this one was answered, so the send buffer is empty.
    channel.write(ByteBuffer.allocate(Long.BYTES).putLong(id).flip());
    check(id, readLong(channel.socket(), deadline));
  }

  /** A request that nobody has made before. */
  long newId() {
    return lastId.incrementAndGet();
  }

  /**
   * Counts a wrong answer, whatever carried it.
   *
   * @throws WrongAnswer if it is one
   */
  void check(long asked, long answered) throws WrongAnswer {
    if (answered != asked) {
      wrongAnswers.incrementAndGet();
      throw new WrongAnswer(asked, answered);
    }
  }

  /** Through the socket, because a blocking channel has no read with a time limit. */
  private static long readLong(Socket socket, Deadline deadline) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] answer = new byte[Long.BYTES];
    for (int length = 0; length < answer.length; ) {
      socket.setSoTimeout(millis(deadline));
      int count = in.read(answer, length, answer.length - length);
      if (count < 0) {
        throw new EOFException("the server closed the connection");
      }
      length += count;
    }
    return ByteBuffer.wrap(answer).getLong();
  }

  /** At least one, because to a socket 0 means no limit. */
  private static int millis(Deadline deadline) throws SocketTimeoutException {
    if (deadline.hasPassed()) {
      throw new SocketTimeoutException("no answer in time");
    }
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, deadline.remaining().toMillis()));
  }

  long wrongAnswers() {
    return wrongAnswers.get();
  }

  /** The worst a pool could do: somebody got what was meant for somebody else. */
  static final class WrongAnswer extends IOException {
    private static final long serialVersionUID = 1L;

    private WrongAnswer(long asked, long answered) {
      super("request " + asked + " was answered with " + answered);
    }
  }
}
