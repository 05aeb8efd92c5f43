package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.echoOverMux;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Verdict;
import io.connpool.mux.MuxHandler;
import io.connpool.mux.MuxServer;
import io.connpool.thrift.gen.Echo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TMemoryInputTransport;
import org.apache.thrift.transport.TTransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server behind a mux that does wrong. The mux brings each answer to its call; here it is the
 * answer that is not one. No call gets it, and no other call over the same connection suffers.
 */
class MuxFaultTest {
  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  /** A server that does wrong once. */
  private ThriftPool<Echo.Iface> poolTo(Function<TMessage, byte[]> wrong) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    MuxHandler handler =
        request -> {
          TProtocol protocol = Encoding.BINARY.plain(new TMemoryInputTransport(request.body()));
          TMessage message = protocol.readMessageBegin();
          return done.compareAndSet(false, true)
              ? wrong.apply(message)
              : payload(ThriftPeer.reply(message.name, message.seqid, "right"));
        };
    MuxServer server = world.muxServer(handler);
    return world.pool(echoOverMux(server.port()));
  }

  private static byte[] payload(byte[] frame) {
    return Arrays.copyOfRange(frame, 4, frame.length);
  }

  private static ThriftCallException fails(ThriftPool<Echo.Iface> pool) throws Exception {
    ThriftCallException failure =
        assertThrows(ThriftCallException.class, () -> pool.client().echo("first"));
    assertEquals(TTransportException.CORRUPTED_DATA, failure.getType(), failure::toString);
    assertTrue(failure.maybeProcessed());
    assertEquals(Verdict.Retry.MAYBE_SENT, failure.retry());
    assertEquals("right", pool.client().echo("next"));
    assertEquals(1, pool.stats().dialed());
    return failure;
  }

  private static void assertCause(int applicationType, ThriftCallException failure) {
    TApplicationException cause =
        assertInstanceOf(TApplicationException.class, failure.getCause(), failure::toString);
    assertEquals(applicationType, cause.getType());
  }

  @Test
  void anAnswerWithAnotherIdIsNobodys() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(request -> payload(ThriftPeer.reply(request.name, request.seqid + 1, "stolen")));

    assertCause(TApplicationException.BAD_SEQUENCE_ID, fails(pool));
  }

  @Test
  void anAnswerToAnotherMethodIsNobodys() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(request -> payload(ThriftPeer.reply("echoLater", request.seqid, "stolen")));

    assertCause(TApplicationException.WRONG_METHOD_NAME, fails(pool));
  }

  @Test
  void anExceptionWithAnotherIdIsNotBlamedOnThisCall() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            request ->
                payload(
                    ThriftPeer.exception(
                        request.name,
                        request.seqid - 1,
                        TApplicationException.INTERNAL_ERROR,
                        "of another call")));

    assertCause(TApplicationException.BAD_SEQUENCE_ID, fails(pool));
  }

  @Test
  void aMessageThatIsNoAnswerIsNotTakenForOne() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            request ->
                ThriftPeer.message(request.name, TMessageType.CALL, request.seqid, out -> {}));

    assertCause(TApplicationException.INVALID_MESSAGE_TYPE, fails(pool));
  }

  @Test
  void halfAnAnswerIsNone() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            request -> {
              byte[] whole = payload(ThriftPeer.reply(request.name, request.seqid, "right"));
              return Arrays.copyOf(whole, whole.length - 3);
            });

    ThriftCallException failure = fails(pool);
    assertTrue(failure.getMessage().contains("it has 3 left"), failure::toString);
  }

  @Test
  void anEmptyAnswerIsNone() throws Exception {
    ThriftCallException failure = fails(poolTo(request -> new byte[0]));

    assertTrue(failure.getMessage().contains("ends too early"), failure::toString);
  }

  @Test
  void anAnswerInAnotherProtocolIsNone() throws Exception {
    ThriftCallException failure =
        fails(poolTo(request -> "[1,\"echo\",2,1,{}]".getBytes(StandardCharsets.UTF_8)));
    assertTrue(failure.getMessage().startsWith("echo to mux://"), failure::toString);
  }

  @Test
  void aFieldThatClaimsMoreThanThereIsIsALie() throws Exception {
    ThriftPool<Echo.Iface> pool =
        poolTo(
            request ->
                ThriftPeer.message(
                    request.name,
                    TMessageType.REPLY,
                    request.seqid,
                    out -> {
                      out.writeByte(11);
                      out.writeShort(0);
                      out.writeInt(10_000_000);
                    }));

    ThriftCallException failure = fails(pool);
    assertTrue(failure.getMessage().contains("claims 10,000,000 bytes"), failure::toString);
  }

  @Test
  void aProcessorThatThrowsIsAnAnswerAndEndsNothing() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    EchoHandler handler = new EchoHandler();
    Echo.Processor<EchoHandler> echo = new Echo.Processor<>(handler);
    ThriftMuxServer server =
        world.muxServer(
            ThriftMuxServer.of(
                (in, out) -> {
                  if (done.compareAndSet(false, true)) {
                    throw new TException("not today");
                  }
                  echo.process(in, out);
                }));
    ThriftPool<Echo.Iface> pool =
        world.pool(echoOverMux(server.port()).idempotent("echo").maxActive(1));

    TApplicationException answer =
        assertThrows(TApplicationException.class, () -> pool.client().echo("x"));

    assertEquals(TApplicationException.INTERNAL_ERROR, answer.getType());
    assertTrue(answer.getMessage().contains("not today"), answer::toString);
    assertEquals("answer to x", pool.client().echo("x"));
    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void aRequestThatIsNoneHarmsOnlyItself() throws Exception {
    EchoHandler handler = new EchoHandler();
    ThriftMuxServer server = world.muxServer(ThriftMuxServer.of(new Echo.Processor<>(handler)));
    // speaks another protocol than the server
    ThriftPool<Echo.Iface> wrong = world.pool(echoOverMux(server.port()).json());
    ThriftPool<Echo.Iface> right = world.pool(echoOverMux(server.port()));

    assertEquals("answer to x", right.client().echo("x"));
    for (int i = 0; i < 10; i++) {
      assertThrows(TException.class, () -> wrong.client().echo("y"));
    }
    assertEquals("answer to x", right.client().echo("x"));
    assertEquals(1, right.stats().dialed());
    assertEquals(1, wrong.stats().dialed());
  }
}
