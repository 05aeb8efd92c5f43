package io.connpool.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pools of connections to a real server. */
@EnabledIf(
    value = "io.connpool.redis.RedisServer#isInstalled",
    disabledReason = RedisServer.NOT_INSTALLED)
final class RedisTest {
  private static RedisServer server;

  private ConnPool<RedisConnection> pool;

  @BeforeAll
  static void startServer() throws IOException {
    server = RedisServer.start();
  }

  @AfterAll
  static void endServer() {
    server.close();
  }

  @BeforeEach
  void openPool() throws Exception {
    pool = open(server.uri("", "?db=3&maxActive=1"));
    pool.run(redis -> redis.call("FLUSHALL"));
  }

  @AfterEach
  void closePool() {
    pool.close();
  }

  private static ConnPool<RedisConnection> open(String uri) {
    return ConnPool.open(URI.create(uri), RedisConnection.class);
  }

  @Test
  void theProgramOfThePageWorks() throws Exception {
    pool.run(redis -> redis.call("SET", "greeting", "hello"));
    assertEquals("hello", pool.call(redis -> redis.call("GET", "greeting").text()));

    List<Reply> replies =
        pool.call(
            redis ->
                redis.pipeline(
                    List.of(Command.of("INCR", "visits"), Command.of("EXPIRE", "visits", 60))));
    assertEquals(1, replies.get(0).integer());
    assertEquals(1, replies.get(1).integer());
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void valuesAreBytesAndMayBeLarge() throws Exception {
    byte[] value = new byte[1_000_000];
    new Random(1).nextBytes(value);
    pool.run(redis -> redis.call("SET", "large", value));
    assertArrayEquals(value, pool.call(redis -> redis.call("GET", "large").bytes()));
  }

  @Test
  void aPipelineOfManyAnswersComesBackInOrder() throws Exception {
    List<Command> commands =
        Stream.iterate(0, i -> i + 1).limit(20_000).map(i -> Command.of("ECHO", i)).toList();
    List<Reply> replies = pool.call(redis -> redis.pipeline(commands));
    for (int i = 0; i < commands.size(); i++) {
      assertEquals(Integer.toString(i), replies.get(i).text());
    }
  }

  @Test
  void anErrorIsAnAnswerAndCostsNoConnection() throws Exception {
    pool.run(redis -> redis.call("SET", "text", "no number"));
    RedisException error =
        assertThrows(RedisException.class, () -> pool.run(redis -> redis.call("INCR", "text")));
    assertEquals("ERR", error.code());

    List<Reply> replies =
        pool.call(
            redis ->
                redis.pipeline(
                    List.of(
                        Command.of("LPUSH", "text", "x"),
                        Command.of("NO-SUCH-COMMAND"),
                        Command.of("GET", "text"))));
    assertEquals("WRONGTYPE", assertThrows(RedisException.class, replies.get(0)::integer).code());
    assertTrue(replies.get(1).isError());
    assertEquals("no number", replies.get(2).text());
    assertEquals(1, pool.stats().dialed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"SELECT 0", "CLIENT SETNAME me", "MULTI", "WATCH key", "RESET", "QUIT"})
  void whoLeavesSomethingBehindCostsTheConnection(String line) throws Exception {
    pool.run(redis -> redis.call("SET", "mine", "in db 3"));
    String[] words = line.split(" ", 2);
    pool.run(redis -> redis.call(words[0], (Object[]) tail(words)));

    assertEquals("in db 3", pool.call(redis -> redis.call("GET", "mine").text()));
    assertEquals(2, pool.stats().dialed());
    assertEquals(Map.of(CloseReason.DIRTY, 1L), pool.stats().closedBy());
  }

  private static String[] tail(String... words) {
    return words.length == 1 ? new String[0] : words[1].split(" ");
  }

  @Test
  void aTransactionThatIsEndedCostsNothing() throws Exception {
    List<Reply> replies =
        pool.call(
            redis -> {
              redis.call("WATCH", "n");
              return redis.pipeline(
                  List.of(Command.of("MULTI"), Command.of("INCR", "n"), Command.of("EXEC")));
            });
    assertEquals("QUEUED", replies.get(1).text());
    assertEquals(1, replies.get(2).list().get(0).integer());
    pool.run(redis -> redis.call("PING"));
    assertEquals(1, pool.stats().dialed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"SUBSCRIBE", "MONITOR", "HELLO", "CLIENT"})
  void whatHasNotOneReplyIsRefusedBeforeItIsSent(String name) throws Exception {
    assertThrows(
        IllegalArgumentException.class,
        () -> pool.run(redis -> redis.call(name, name.equals("CLIENT") ? "reply" : "3")));
    pool.run(redis -> redis.call("PING"));
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void aReplyThatComesTooLateReachesNobody() throws Exception {
    Command wait = Command.of("BLPOP", "list", 0);
    assertThrows(
        SocketTimeoutException.class,
        () -> pool.run(redis -> redis.call(Duration.ofMillis(100), wait)));

    pool.run(redis -> redis.call("RPUSH", "list", "late"));
    assertEquals("right", pool.call(redis -> redis.call("ECHO", "right").text()));
    assertEquals(2, pool.stats().dialed());
  }

  @Test
  void anInterruptEndsTheCallAndOnlyThisConnection() throws Exception {
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> pool.run(redis -> redis.call("PING")));
    assertFalse(Thread.interrupted());
    assertThrows(
        IOException.class,
        () ->
            pool.run(
                redis -> {
                  Thread.currentThread().interrupt();
                  redis.call("BLPOP", "list", 0);
                }));
    assertTrue(Thread.interrupted());
    pool.run(redis -> redis.call("PING"));
    assertEquals(2, pool.stats().dialed());
  }

  @Test
  void aFailureThatIsNotAboutTheConnectionCostsNone() throws Exception {
    assertThrows(
        IOException.class,
        () ->
            pool.run(
                redis -> {
                  redis.call("PING");
                  throw new IOException("the caller's disk is full");
                }));
    pool.run(redis -> redis.call("PING"));
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void aServerThatBecameAReplicaIsNotAskedAgainOverTheOldConnection() throws Exception {
    try (RedisServer other = RedisServer.start();
        ConnPool<RedisConnection> toOther = open(other.uri("", "?maxActive=1"))) {
      toOther.run(redis -> redis.call("REPLICAOF", "127.0.0.1", 1));
      RedisException error =
          assertThrows(
              RedisException.class, () -> toOther.run(redis -> redis.call("SET", "k", "v")));
      assertEquals("READONLY", error.code());
      toOther.run(redis -> redis.call("PING"));
      assertEquals(Map.of(CloseReason.RETIRED, 1L), toOther.stats().closedBy());
    }
  }

  @Test
  void thePoolSurvivesItsServer() throws Exception {
    try (RedisServer other = RedisServer.start();
        ConnPool<RedisConnection> toOther = open(other.uri("", "?maxActive=4"))) {
      toOther.run(redis -> redis.call("SET", "k", "before"));
      other.replace(
          () ->
              assertThrows(
                  DialException.class, () -> toOther.run(redis -> redis.call("GET", "k"))));

      boolean gone = toOther.call(redis -> redis.call("GET", "k").isNil());
      assertTrue(gone, "it is another server");
    }
  }

  @Test
  void thePasswordOpensTheServerAndIsPrintedNowhere() throws Exception {
    try (RedisServer guarded = RedisServer.start("--requirepass", "s3cr3t")) {
      try (ConnPool<RedisConnection> right = open(guarded.uri(":s3cr3t@", "?db=1"))) {
        assertEquals("PONG", right.call(redis -> redis.call("PING").text()));
      }
      try (ConnPool<RedisConnection> right = open(guarded.uri("default:s3cr3t@", ""))) {
        assertEquals("PONG", right.call(redis -> redis.call("PING").text()));
      }
      try (ConnPool<RedisConnection> wrong = open(guarded.uri("app:s3cr3t@", ""))) {
        assertRefused(wrong, "WRONGPASS " + guarded.endpoint() + " refuses AUTH for user \"app\"");
      }
    }
  }

  @Test
  void norWhereTheServerRepeatsWhatItWasSent() throws Exception {
    try (RedisServer odd = RedisServer.start("--rename-command", "AUTH", "");
        ConnPool<RedisConnection> plain = open(odd.uri("", ""));
        ConnPool<RedisConnection> guarded = open(odd.uri(":s3cr3t@", ""))) {
      RedisException repeated =
          assertThrows(
              RedisException.class, () -> plain.run(redis -> redis.call("AUTH", "visible")));
      assertTrue(repeated.getMessage().contains("visible"), "the server does repeat it");
      assertRefused(guarded, "ERR " + odd.endpoint() + " refuses AUTH for the default user");
    }
  }

  private static void assertRefused(ConnPool<RedisConnection> pool, String message) {
    DialException refused = assertThrows(DialException.class, pool::acquire);
    assertTrue(refused.getCause().getMessage().startsWith(message), refused.getCause()::toString);
    for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
      assertFalse(cause.toString().contains("s3cr3t"), cause::toString);
    }
    assertFalse(pool.stats().toString().contains("s3cr3t"));
    assertFalse(pool.effectiveConfig().toString().contains("s3cr3t"));
  }

  @Test
  void aConnectionThatItsHolderClosedIsNotLentAgain() throws Exception {
    try (Lease<RedisConnection> lease = pool.acquire()) {
      lease.get().close();
    }
    pool.run(redis -> redis.call("PING"));
    assertEquals(2, pool.stats().dialed());
  }
}
