package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Verdict;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.thrift.ThriftCallException.Phase;
import io.connpool.thrift.gen.Echo;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.transport.TTransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server that does wrong. Whatever it does: no answer reaches the wrong call, a connection with
 * something left in it is never used again, and no slot is lost.
 */
class FaultTest {
  private static final Duration SHORT = Duration.ofMillis(700);

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  /** A pool whose only connection is the bad one, until it is replaced by a good one. */
  private ThriftPool<Echo.Iface> poolTo(Behaviour first) throws Exception {
    FlakyServer server = world.faultServer(first, ThriftPeer.good());
    return dialed(world.pool(echo(server.endpoint()).maxActive(1)));
  }

  /** With its connection, so that a short time-out is all for the call. */
  private static ThriftPool<Echo.Iface> dialed(ThriftPool<Echo.Iface> pool) throws Exception {
    pool.run(c -> {});
    return pool;
  }

  private static ThriftCallException fails(ThriftPool<Echo.Iface> pool) {
    return fails(pool, CallOptions.DEFAULT);
  }

  private static ThriftCallException fails(ThriftPool<Echo.Iface> pool, CallOptions options) {
    ThriftCallException failure =
        assertThrows(ThriftCallException.class, () -> pool.client(options).echo("first"));
    assertEquals(0, connections(pool), "the bad connection was kept: " + failure);
    return failure;
  }

  /** The slot is usable, by a connection of its own, and gives the right answers. */
  private static void goesOn(ThriftPool<Echo.Iface> pool) throws Exception {
    assertEquals("answer to next", pool.client().echo("next"));
    assertEquals("answer to last", pool.client().echo("last"));
    assertEquals(1, connections(pool));
  }

  private static void mayHaveRun(ThriftCallException failure, int type) {
    assertEquals(Phase.READ, failure.phase());
    assertTrue(failure.maybeProcessed());
    assertEquals(type, failure.getType(), failure::toString);
  }

  @Test
  void aLateAnswerNeverReachesTheNextCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  peer.connection.pause(SHORT.multipliedBy(2));
                  peer.answer(request);
                }));

    mayHaveRun(fails(pool, CallOptions.timeout(SHORT)), TTransportException.TIMED_OUT);

    goesOn(pool);
  }

  @Test
  void anAnswerWithAnotherIdIsNobodys() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) ->
                    peer.send(ThriftPeer.reply(request.name(), request.id() - 1, "stolen"))));

    ThriftCallException failure = fails(pool);

    mayHaveRun(failure, TTransportException.CORRUPTED_DATA);
    assertCause(TApplicationException.BAD_SEQUENCE_ID, failure);
    goesOn(pool);
  }

  @Test
  void anAnswerToAnotherMethodIsNobodys() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> peer.send(ThriftPeer.reply("echoLater", request.id(), "x"))));

    ThriftCallException failure = fails(pool);

    mayHaveRun(failure, TTransportException.CORRUPTED_DATA);
    assertCause(TApplicationException.WRONG_METHOD_NAME, failure);
    goesOn(pool);
  }

  @Test
  void anExceptionWithAnOldIdIsNotBlamedOnThisCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) ->
                    peer.send(
                        ThriftPeer.exception(
                            request.name(),
                            request.id() - 1,
                            TApplicationException.INTERNAL_ERROR,
                            "of the call before"))));

    ThriftCallException failure = fails(pool);

    mayHaveRun(failure, TTransportException.CORRUPTED_DATA);
    assertCause(TApplicationException.BAD_SEQUENCE_ID, failure);
    goesOn(pool);
  }

  @Test
  void aMessageThatIsNoAnswerIsNotTakenForOne() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) ->
                    peer.send(
                        ThriftPeer.frame(
                            ThriftPeer.message(
                                request.name(), TMessageType.CALL, request.id(), out -> {})))));

    ThriftCallException failure = fails(pool);

    assertCause(TApplicationException.INVALID_MESSAGE_TYPE, failure);
    goesOn(pool);
  }

  private static void assertCause(int applicationType, ThriftCallException failure) {
    TApplicationException cause =
        assertInstanceOf(TApplicationException.class, failure.getCause(), failure::toString);
    assertEquals(applicationType, cause.getType());
  }

  @Test
  void aServerThatCouldNotReadTheRequestIsOutOfStep() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  if (request.text().equals("first")) {
                    peer.send(
                        ThriftPeer.exception(
                            request.name(),
                            request.id(),
                            TApplicationException.PROTOCOL_ERROR,
                            "Unrecognized type -128"));
                  } // and then it hangs
                }));

    TApplicationException answer =
        assertThrows(TApplicationException.class, () -> pool.client().echo("first"));

    assertEquals(TApplicationException.PROTOCOL_ERROR, answer.getType());
    assertEquals(0, connections(pool));
    goesOn(pool);
  }

  @Test
  void halfAnAnswerAndTheEndIsNoAnswer() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  byte[] reply = ThriftPeer.reply(request);
                  peer.send(Arrays.copyOf(reply, reply.length / 2));
                  peer.connection.finishSending();
                }));

    mayHaveRun(fails(pool), TTransportException.END_OF_FILE);

    goesOn(pool);
  }

  @Test
  void halfAnAnswerAndAResetIsNoAnswer() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  byte[] reply = ThriftPeer.reply(request);
                  peer.send(Arrays.copyOf(reply, reply.length / 2));
                  peer.connection.reset();
                }));

    ThriftCallException failure = fails(pool);

    assertTrue(failure.maybeProcessed());
    assertEquals(Verdict.Retry.MAYBE_SENT, failure.retry());
    goesOn(pool);
  }

  @Test
  void bytesBehindTheAnswerInItsFrameEndTheConnectionButNotTheCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  byte[] reply = ThriftPeer.reply(request);
                  peer.send(
                      ThriftPeer.frame(
                          Arrays.copyOfRange(reply, 4, reply.length), new byte[] {1, 2, 3}));
                }));

    assertEquals("answer to first", pool.client().echo("first"));

    assertEquals(0, connections(pool));
    goesOn(pool);
  }

  @Test
  void anotherFrameBehindTheAnswerNeverReachesTheNextCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  byte[] stray = ThriftPeer.reply(request.name(), request.id() + 1, "stray");
                  byte[] both = Arrays.copyOf(ThriftPeer.reply(request), 1000);
                  int length = ThriftPeer.reply(request).length;
                  System.arraycopy(stray, 0, both, length, stray.length);
                  peer.send(Arrays.copyOf(both, length + stray.length));
                }));

    assertEquals("answer to first", pool.client().echo("first"));

    assertEquals(0, connections(pool));
    goesOn(pool);
  }

  @Test
  void anAnswerToAOneWayCallNeverReachesTheNextCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  // with the id that the next call will have, as if ids began again
                  peer.send(ThriftPeer.reply("echo", request.id() + 1, "stray"));
                  peer.answer(request);
                }));

    pool.client().note("one-way");
    ThriftWorld.eventually(
        () -> "the stray bytes are seen: " + pool.stats(), () -> pool.stats().closed() == 1);

    goesOn(pool);
  }

  @Test
  void aFrameAboveTheLimitIsNotReadAndNotAskedForAgain() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(ThriftPeer.behaving((peer, request) -> peer.send(new byte[] {0x7f, 0, 0, 0, 1, 2})));

    ThriftCallException failure = fails(pool, CallOptions.DEFAULT.idempotent());

    mayHaveRun(failure, TTransportException.MESSAGE_SIZE_LIMIT);
    assertEquals(Verdict.Retry.NEVER, failure.retry());
    assertTrue(failure.getMessage().contains("maxMessageSize is 16,384,000"), failure::toString);
    goesOn(pool);
  }

  @Test
  void aFieldThatClaimsMoreThanItsFrameHoldsIsALie() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) ->
                    peer.send(
                        ThriftPeer.frame(
                            ThriftPeer.message(
                                request.name(),
                                TMessageType.REPLY,
                                request.id(),
                                out -> {
                                  out.writeByte(11);
                                  out.writeShort(0);
                                  out.writeInt(10_000_000);
                                })))));

    ThriftCallException failure = fails(pool);

    mayHaveRun(failure, TTransportException.CORRUPTED_DATA);
    assertTrue(failure.getMessage().contains("claims 10,000,000 bytes"), failure::toString);
    goesOn(pool);
  }

  @Test
  void aPeerThatSpeaksHttpIsNamed() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) ->
                    peer.send(
                        "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII))));

    ThriftCallException failure = fails(pool, CallOptions.DEFAULT.idempotent());

    assertTrue(failure.getMessage().contains("speaks HTTP"), failure::toString);
    goesOn(pool);
  }

  @Test
  void aPeerThatAnswersWithoutFramesIsNamed() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  byte[] reply = ThriftPeer.reply(request);
                  peer.send(Arrays.copyOfRange(reply, 4, reply.length));
                }));

    ThriftCallException failure = fails(pool);

    assertTrue(failure.getMessage().contains("use buffered()"), failure::toString);
    goesOn(pool);
  }

  @Test
  void aPeerThatDoesNotReadCannotHoldACallerBeyondItsDeadline() throws Exception {
    FlakyServer server = world.faultServer(Behaviour.neverRead(), ThriftPeer.good());
    ThriftPool<Echo.Iface> pool = dialed(world.pool(echo(server.endpoint()).maxActive(1)));
    String large = "x".repeat(16_000_000); // more than the buffers of both sides

    long began = System.nanoTime();
    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class,
            () -> pool.client(CallOptions.timeout(Duration.ofSeconds(1))).echo(large));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);

    assertEquals(TTransportException.TIMED_OUT, failure.getType());
    assertEquals(Phase.WRITE, failure.phase());
    assertFalse(failure.maybeProcessed(), "it cannot have run: it is not there yet");
    assertTrue(millis < 4000, () -> "it took " + millis + " ms");
    goesOn(pool);
  }

  @Test
  void anAnswerInDropsCannotHoldACallerBeyondItsDeadline() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            ThriftPeer.behaving(
                (peer, request) -> {
                  for (byte one : ThriftPeer.reply(request)) {
                    peer.send(new byte[] {one});
                    peer.connection.pause(Duration.ofMillis(200));
                  }
                }));

    long began = System.nanoTime();
    ThriftCallException failure = fails(pool, CallOptions.timeout(SHORT));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);

    mayHaveRun(failure, TTransportException.TIMED_OUT);
    assertTrue(millis < 4000, () -> "it took " + millis + " ms");
    goesOn(pool);
  }

  @Test
  void aConnectionClosedWhileIdleIsNotUsed() throws Exception {
    FlakyServer server = world.faultServer(ThriftPeer.good());
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(server.endpoint()).maxActive(1).probeAfter(Duration.ZERO));
    assertEquals("answer to first", pool.client().echo("first"));

    server.closeAllConnections();

    // not idempotent: a failure would surface
    assertEquals("answer to second", pool.client().echo("second"));
    assertEquals(2, server.accepted());
  }

  @Test
  void aConnectionResetBeforeTheAnswerMayHaveRunTheCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(ThriftPeer.behaving((peer, request) -> peer.connection.reset()));

    ThriftCallException failure = fails(pool);

    assertTrue(failure.maybeProcessed());
    assertEquals(Verdict.Retry.MAYBE_SENT, failure.retry());
    goesOn(pool);
  }

  @Test
  void anIdempotentCallGoesOnAfterAReset() throws Exception {
    FlakyServer server =
        world.faultServer(
            ThriftPeer.behaving((peer, request) -> peer.connection.reset()), ThriftPeer.good());
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(server.endpoint()).maxActive(1).idempotent("echo"));

    assertEquals("answer to first", pool.client().echo("first"));

    goesOn(pool);
  }

  @Test
  void nobodyListensAndThenSomebodyDoes() throws Exception {
    FlakyServer server = world.faultServer(ThriftPeer.good());
    server.refuse();
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));

    ThriftCallException failure = fails(pool, CallOptions.timeout(Duration.ofMillis(300)));
    assertEquals(Phase.ACQUIRE, failure.phase());
    assertFalse(failure.maybeProcessed());
    assertEquals(Verdict.Retry.NOT_SENT, failure.retry());

    server.listenAgain();
    goesOn(pool);
  }

  @Test
  void aPeerThatAcceptsButNeverAnswersADialIsNoDifferentFromOneThatIsSlow() throws Exception {
    // the backlog of a socket that nobody accepts from answers dials, and nothing else
    try (ServerSocket deaf = new ServerSocket(0)) {
      ThriftPool<Echo.Iface> pool =
          dialed(
              world.pool(
                  ThriftPool.builder(Echo.Iface.class).endpoint("127.0.0.1", deaf.getLocalPort())));

      mayHaveRun(fails(pool, CallOptions.timeout(SHORT)), TTransportException.TIMED_OUT);
    }
  }

  @Test
  void idsAreNeverUsedTwiceOnOneConnection() throws Exception {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    FlakyServer server =
        world.faultServer(
            ThriftPeer.behaving(
                (peer, request) -> {
                  assertTrue(seen.add(request.id()), () -> "used twice: " + request);
                  peer.answer(request);
                }));
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()).maxActive(1));

    for (int i = 0; i < 3; i++) {
      assertEquals("answer to a", pool.client().echo("a"));
      assertEquals("answer to b", pool.call(c -> c.echo("b")));
      try (var lease = pool.lease()) {
        assertEquals("answer to c", lease.get().echo("c"));
      }
    }

    assertEquals(9, seen.size());
    assertEquals(1, server.accepted());
  }
}
