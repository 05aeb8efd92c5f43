package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.connpool.testkit.FlakyServer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The line protocol of the test kit, spoken with unique questions so that an answer proves its own.
 */
final class Conversation {
  static final Duration LIMIT = Duration.ofSeconds(20);
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private Conversation() {}

  /** A pool of lines to the server, with a timeout that only a failing test uses up. */
  static TcpPoolBuilder lines(FlakyServer server) {
    return TcpPool.to(server.endpoint()).framing(Framing.lines()).timeout(LIMIT);
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  static String text(ByteBuffer bytes) {
    return UTF_8.decode(bytes).toString();
  }

  static String question() {
    return "q" + NUMBER.incrementAndGet();
  }

  /** Asks and fails if the answer is another question's. */
  static void ask(TcpPool pool) throws Exception {
    String question = question();
    expect(question, text(pool.exchange(bytes(question))));
  }

  static void askIdempotent(TcpPool pool) throws Exception {
    String question = question();
    expect(question, text(pool.exchangeIdempotent(bytes(question))));
  }

  static void expect(String question, String answer) {
    if (!answer.equals("answer " + question)) {
      throw new WrongAnswer("asked " + question + ", was told \"" + answer + "\"");
    }
  }

  /** The one failure that must never be. */
  static final class WrongAnswer extends AssertionError {
    private static final long serialVersionUID = 1L;

    WrongAnswer(String message) {
      super(message);
    }
  }
}
