package io.connpool.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.ConnPool;
import io.connpool.testkit.FlakyConnection;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only a server that misbehaves can show. */
final class PipelineTest {
  private static final int COMMANDS = 100;

  /** An array of one: its length, the length of the name, the name. */
  private static final int LINES_OF_PING = 3;

  @Test
  void allCommandsAreSentBeforeTheFirstReplyIsWaitedFor() throws Exception {
    List<Reply> replies = ping("+PONG\r\n".repeat(COMMANDS));
    assertEquals(COMMANDS, replies.size());
    assertEquals("PONG", replies.get(COMMANDS - 1).text());
  }

  @Test
  void aReplyTooManyEndsTheConnectionAndReachesNobody() throws Exception {
    assertEquals(COMMANDS, ping("+PONG\r\n".repeat(COMMANDS) + "+STRAY\r\n").size());
  }

  @Test
  void whatIsNoReplyEndsTheConnection() {
    assertThrows(ProtocolException.class, () -> ping("<html>"));
  }

  /** Answers nothing before all commands are there; the connection after it must be another one. */
  private static List<Reply> ping(String answer) throws IOException, InterruptedException {
    try (FlakyServer server =
            FlakyServer.start(
                connection -> {
                  pong(connection);
                  skip(connection, COMMANDS);
                  connection.send(answer);
                  connection.forEachLine(line -> {});
                },
                connection -> {
                  while (true) {
                    pong(connection);
                  }
                });
        ConnPool<RedisConnection> pool =
            ConnPool.open(
                URI.create("redis://" + server.endpoint() + "?maxActive=1"),
                RedisConnection.class)) {
      List<Command> pings = Collections.nCopies(COMMANDS, Command.of("PING"));
      try {
        return pool.call(redis -> redis.pipeline(pings));
      } finally {
        boolean clean = answer.equals("+PONG\r\n".repeat(COMMANDS));
        if (!clean) {
          assertEquals("PONG", pool.call(redis -> redis.call("PING").text()));
          assertEquals(2, pool.stats().dialed());
        }
      }
    }
  }

  private static void pong(FlakyConnection connection) throws IOException {
    skip(connection, 1);
    connection.send("+PONG\r\n");
  }

  private static void skip(FlakyConnection connection, int commands) throws IOException {
    for (int i = 0; i < commands * LINES_OF_PING; i++) {
      if (connection.readLine() == null) {
        throw new java.io.EOFException();
      }
    }
  }
}
